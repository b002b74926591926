// The accessibility statement that the Act (2018:1937) on accessibility of digital public service asks of a public body.
import { Page } from "../ui/page";
import { accessibilityWords } from "./accessibility.words";

export default function Accessibility() {
    const w = accessibilityWords.value;
    return (
        <Page title={w.title}>
            <div class="prose">
                {w.about.map((text) => (
                    <p key={text}>{text}</p>
                ))}
                {w.sections.map((section) => (
                    <section key={section.title}>
                        <h2>{section.title}</h2>
                        {section.text.map((text) => (
                            <p key={text}>{text}</p>
                        ))}
                        {section.points && (
                            <ul>
                                {section.points.map((text) => (
                                    <li key={text}>{text}</li>
                                ))}
                            </ul>
                        )}
                        {section.link && (
                            <p>
                                <a href={section.link.to}>{section.link.text}</a>
                            </p>
                        )}
                    </section>
                ))}
            </div>
        </Page>
    );
}
