import { inBoth } from "../words";
import { en } from "./promises/words.en";
import { sv } from "./promises/words.sv";

export const promisesWords = inBoth({ sv, en });
