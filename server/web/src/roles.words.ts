// What people's roles are called, and what each one may.
import { inBoth } from "./words";

const sv = {
    administrator: "Administratör",
    area_chief: "Områdeschef",
    coordinator: "Samordnare",
    partner_viewer: "Läsare hos samverkanspart",
    auditor: "Granskare",
    everyOrganisation: "alla organisationer",
    everyArea: "alla områden",
    may: {
        administrator: "sköter löften, enheter och personer",
        area_chief: "läser, beslutar, planerar, återkallar enheter och publicerar uppföljningar i sitt område",
        coordinator: "läser, beslutar och planerar i sitt område",
        partner_viewer: "läser den gemensamma bilden och sin egen organisations rapporter",
        auditor: "läser logg och personer",
    },
};
const en: typeof sv = {
    administrator: "Administrator",
    area_chief: "Area chief",
    coordinator: "Coordinator",
    partner_viewer: "Partner's viewer",
    auditor: "Auditor",
    everyOrganisation: "all organisations",
    everyArea: "all areas",
    may: {
        administrator: "looks after promises, devices and people",
        area_chief: "reads, decides, plans, revokes devices and publishes follow-ups in the area",
        coordinator: "reads, decides and plans in the area",
        partner_viewer: "reads the joint picture and the reports of the own organisation",
        auditor: "reads the log and the people",
    },
};
export const roleWords = inBoth({ sv, en });
