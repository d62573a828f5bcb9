import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildXml, child, descendants, MAX_XML_CHARS, parseXml, text } from '../../../../src/adapters/cisco-finesse/xml.js'

describe('parseXml', () => {
  it('finds elements in either letter case', () => {
    for (const xml of [
      '<ApiErrors><ApiError><ErrorType>x</ErrorType></ApiError></ApiErrors>',
      '<apiErrors><apiError><errorType>x</errorType></apiError></apiErrors>',
    ]) {
      expect(text(parseXml(xml), 'apierrors', 'apierror', 'errortype')).toBe('x')
    }
  })

  it('decodes the predefined entities and character references once', () => {
    expect(text(parseXml('<a>&lt;b&gt; &amp;lt; &#65;&#x42; &unknown; &#0;</a>'), 'a')).toBe('<b> &lt; AB &unknown; &#0;')
  })

  it('tells an empty element from an absent one', () => {
    const tree = parseXml('<a><b></b><c/></a>')
    expect([text(tree, 'a', 'b'), text(tree, 'a', 'c'), text(tree, 'a', 'd')]).toEqual(['', '', undefined])
  })

  it('keeps numbers as texts', () => {
    expect(text(parseXml('<a><id>007</id></a>'), 'a', 'id')).toBe('007')
  })

  it.each([
    ['an entity bomb', `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(100)}">]><a>&b;</a>`],
    ['a text', 'hello'],
    ['half an element', '<a><b>'],
    ['crossed elements', '<a><b></a></b>'],
    ['a very deep document', '<a>'.repeat(200) + '</a>'.repeat(200)],
    ['a very long document', `<a>${'x'.repeat(MAX_XML_CHARS)}</a>`],
  ])('refuses %s and quotes nothing of it', (_title, xml) => {
    expect(() => parseXml(xml)).toThrow(/^(?!.*xxx).{1,80}$/)
  })

  it('never throws anything but an Error, whatever comes', () => {
    const piece = fc.oneof(
      fc.constantFrom('<a>', '</a>', '<__proto__>', '</__proto__>', '&lt;', '<![CDATA[', ']]>', '<?', '<!--', '<constructor/>'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (parts) => {
        try {
          descendants(parseXml(parts.join('')), 'user')
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
        expect(({} as Record<string, unknown>)['a']).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  it('does not look into prototypes', () => {
    expect(child(parseXml('<a/>'), 'constructor')).toBeUndefined()
  })
})

describe('buildXml', () => {
  it('leaves out what is undefined and nests', () => {
    expect(buildXml({ User: { state: 'LOGIN', reasonCodeId: undefined, mobileAgent: { mode: 'X' } } })).toBe(
      '<User>\n  <state>LOGIN</state>\n  <mobileAgent>\n    <mode>X</mode>\n  </mobileAgent>\n</User>\n',
    )
  })

  it('comes back as it went, for any text that XML allows', () => {
    const allowed = fc.string({ unit: 'binary' }).map((value) => value.replace(/[^\u0021-\uD7FF\uE000-\uFFFD]/g, ''))
    fc.assert(
      fc.property(allowed, (value) => {
        expect(text(parseXml(buildXml({ a: { b: value } })), 'a', 'b')).toBe(value)
      }),
    )
  })

  it('drops characters that XML does not allow', () => {
    expect(buildXml({ a: 'x\u0000\u0007y' })).toBe('<a>xy</a>\n')
  })
})
