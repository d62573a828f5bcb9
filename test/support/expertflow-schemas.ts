import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

const document = parse(readFileSync(new URL('../../openapi/vendors/expertflow.yaml', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, unknown>>
}
const ajv = new Ajv2020({ strict: false, allErrors: true })
;(addFormats as unknown as (target: Ajv2020) => void)(ajv)
ajv.addSchema(document, 'expertflow')

/** Every call of the vendor slice, as `METHOD /path`. */
export const CALLS: readonly string[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
)

/** Throws when the value does not fit `#/components/schemas/<name>` of the vendor slice. Returns the value. */
export function conform<T>(name: string, value: T): T {
  return check(`expertflow#/components/schemas/${name}`, value)
}

/** The same for the JSON body of a request or a response of one call. */
export function conformBody<T>(call: string, part: 'request' | number, value: T): T {
  const [method = '', path = ''] = call.split(' ')
  const operation = `expertflow#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}`
  const node = (document.paths[path]?.[method.toLowerCase()] ?? {}) as {
    requestBody?: { $ref?: string }
    responses?: Record<string, { $ref?: string }>
  }
  const key = part === 'request' ? '' : String(part) in (node.responses ?? {}) ? String(part) : 'default'
  const found = part === 'request' ? node.requestBody : node.responses?.[key]
  const base =
    found?.$ref === undefined ? `${operation}/${part === 'request' ? 'requestBody' : `responses/${key}`}` : `expertflow${found.$ref}`
  return check(`${base.replaceAll('{', '%7B').replaceAll('}', '%7D')}/content/application~1json/schema`, value)
}

function check<T>(ref: string, value: T): T {
  const validate = ajv.getSchema(ref)
  if (validate === undefined) throw new Error(`no schema ${ref}`)
  if (validate(value) !== true) throw new Error(`${ref}: ${ajv.errorsText(validate.errors)}`)
  return value
}
