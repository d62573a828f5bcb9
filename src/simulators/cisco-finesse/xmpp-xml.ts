/** The XML stream parser and builder that come with @xmpp/client, with the few types that are used here. */
export interface Element {
  readonly name: string
  readonly attrs: Readonly<Record<string, string>>
  is(name: string, xmlns?: string): boolean
  getChild(name: string, xmlns?: string): Element | undefined
  getChildText(name: string, xmlns?: string): string | null
  text(): string
  toString(): string
}

export interface StreamParser {
  on(event: 'start' | 'element' | 'end', listener: (element: Element) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  write(text: string): void
}

interface Xml {
  (name: string, attrs?: Readonly<Record<string, string | undefined>>, ...children: readonly (Element | string | undefined)[]): Element
  readonly Parser: new () => StreamParser
}

// The package has no type declarations; the specifier is a `string` so that the compiler does not look for them.
const specifier: string = '@xmpp/client'
const loaded = (await import(specifier)) as { readonly xml: Xml }

export const xml: Xml = loaded.xml
