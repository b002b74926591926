// A number with its noun, as the language has it.
export function plural(locale: string): (count: number, one: string, other: string) => string {
    const rules = new Intl.PluralRules(locale);
    const numbers = new Intl.NumberFormat(locale);
    return (count, one, other) => `${numbers.format(count)} ${rules.select(count) === "one" ? one : other}`;
}
