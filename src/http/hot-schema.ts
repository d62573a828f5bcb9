import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { IncomingHttpHeaders } from 'node:http'

interface Parameter {
  readonly $ref?: string
  readonly name: string
  readonly in: 'path' | 'header' | 'query'
  readonly schema: object
}

interface PathItem {
  readonly parameters?: readonly Parameter[]
  readonly [method: string]: unknown
}

interface Document {
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> }
}

/** The checks of one operation, compiled. They say yes or no; what is wrong is said by the validator behind the application. */
export interface OperationCheck {
  path(values: Readonly<Record<string, string>>): boolean
  headers(headers: IncomingHttpHeaders): boolean
  body(value: unknown): boolean
}

/** Compiles operations of the API description. Fails when one is not in it. */
export function compileOperations(description: object): (method: 'get' | 'post', path: string) => OperationCheck {
  const document = description as Document
  // The description is a file of the build, checked by the tests; checking it against the meta-schema costs a fifth of a second at each start.
  const ajv = new Ajv2020({ strict: false, useDefaults: true, validateSchema: false })
  ;(addFormats as unknown as (target: Ajv2020) => void)(ajv)
  ajv.addSchema(document, 'gateway')
  return (method, path) => {
    const item = document.paths[path]
    const operation = item?.[method] as { readonly parameters?: readonly Parameter[]; readonly requestBody?: object } | undefined
    if (item === undefined || operation === undefined) throw new Error(`${method} ${path} is not in the API description`)
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) => resolved(document, parameter))
    const pointer = ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'].map(escaped).join('/')
    const check: { readonly [K in 'path' | 'headers' | 'body']: ValidateFunction } = {
      path: ajv.compile(objectOf(parameters, 'path')),
      headers: ajv.compile(objectOf(parameters, 'header')),
      body: ajv.compile(operation.requestBody === undefined ? {} : { $ref: `gateway#/${pointer}` }),
    }
    return { path: (values) => check.path(values), headers: (headers) => check.headers(headers), body: (value) => check.body(value) }
  }
}

function resolved(document: Document, parameter: Parameter): Parameter {
  const name = parameter.$ref?.split('/').at(-1)
  if (name === undefined) return parameter
  const found = document.components.parameters[name]
  if (found === undefined) throw new Error(`${parameter.$ref} is not in the API description`)
  return found
}

function objectOf(parameters: readonly Parameter[], place: Parameter['in']): object {
  const entries = parameters.filter((parameter) => parameter.in === place).map(({ name, schema }) => [name, schema] as const)
  return { properties: Object.fromEntries(entries.map(([name, schema]) => [place === 'header' ? name.toLowerCase() : name, schema])) }
}

function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}
