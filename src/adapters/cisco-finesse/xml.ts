import { XMLParser } from 'fast-xml-parser'

/** Parsed XML: element names in lower case (Finesse writes them in either case, cisco.md section 4.5), texts undecoded. */
export type XmlNode = string | XmlElement
export interface XmlElement {
  readonly [name: string]: XmlNode | readonly XmlNode[]
}

/** Largest document that is parsed, characters. A team of 10 000 agents has about 5 million. */
export const MAX_XML_CHARS = 16 * 1024 * 1024

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: true,
  processEntities: false,
  htmlEntities: false,
  maxNestedTags: 32,
  transformTagName: (name) => name.toLowerCase(),
})

/**
 * XML text → tree.
 * Guarantees: entities are never expanded; a DOCTYPE, too long or too deep a document is refused.
 * Fails: an `Error` whose message holds nothing of the document.
 */
export function parseXml(text: string): XmlElement {
  if (text.length > MAX_XML_CHARS) throw new Error(`XML of ${text.length} characters is too long`)
  if (/<!DOCTYPE/i.test(text)) throw new Error('XML with a DOCTYPE is refused')
  let parsed: unknown
  try {
    parsed = parser.parse(text, true)
  } catch {
    throw new Error('not well-formed XML')
  }
  if (typeof parsed !== 'object' || parsed === null) throw new Error('not an XML document')
  return parsed as XmlElement
}

function own(node: XmlNode | undefined, name: string): XmlNode | readonly XmlNode[] | undefined {
  if (node === undefined || typeof node === 'string' || !Object.hasOwn(node, name)) return undefined
  return node[name]
}

/** All children of this name, in order. */
export function children(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  const value = own(node, name)
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly XmlNode[]) : [value as XmlNode]
}

/** The first element on this path of names. */
export function child(node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  let current = node
  for (const name of path) current = children(current, name)[0]
  return current
}

/** Text of the element on this path, decoded; undefined when the element is absent, '' when it is empty. */
export function text(node: XmlNode | undefined, ...path: readonly string[]): string | undefined {
  const found = child(node, ...path)
  return typeof found === 'string' ? decode(found) : undefined
}

/** Every element of this name at any depth, in document order. */
export function descendants(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  if (node === undefined || typeof node === 'string') return []
  const found: XmlNode[] = []
  for (const key of Object.keys(node)) {
    for (const inner of children(node, key)) found.push(...(key === name ? [inner] : []), ...descendants(inner, name))
  }
  return found
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The five predefined entities and character references; anything else stays as it is. One pass, so nothing is decoded twice. */
function decode(raw: string): string {
  return raw.replace(
    /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi,
    (whole, name?: string, decimal?: string, hex?: string) => {
      if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole
      const point = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal)
      return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole
    },
  )
}

/** What becomes XML: an element with a text or with children; undefined values are left out. */
export interface XmlBody {
  readonly [name: string]: string | XmlBody | undefined
}

/** Body → indented XML text, escaped. Characters that XML 1.0 does not allow are dropped. */
export function buildXml(body: XmlBody, indent = ''): string {
  return Object.entries(body)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      if (typeof value === 'string') return `${indent}<${name}>${escape(value)}</${name}>\n`
      return `${indent}<${name}>\n${buildXml(value ?? {}, `${indent}  `)}${indent}</${name}>\n`
    })
    .join('')
}

function escape(value: string): string {
  return value
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[<>&"']/g, (c) => `&${Object.entries(NAMED).find(([, literal]) => literal === c)?.[0] ?? 'amp'};`)
}
