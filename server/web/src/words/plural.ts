import { once } from "../once";

// A number with its noun, as the language has it.
export function plural(locale: string): (count: number, one: string, other: string) => string {
    const rules = once(() => new Intl.PluralRules(locale));
    const numbers = once(() => new Intl.NumberFormat(locale));
    return (count, one, other) => `${numbers().format(count)} ${rules().select(count) === "one" ? one : other}`;
}
