import type { Response } from 'express'

/** What a caller is told. The operations make it; whoever has read the request writes it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Empty for 304. */
  readonly body: string
}

export const JSON_TYPE = 'application/json; charset=utf-8'
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

export function jsonAnswer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: JSON.stringify(body) }
}

export function sendAnswer(response: Response, { status, headers, body }: Answer): void {
  response.status(status).set(headers).send(body)
}
