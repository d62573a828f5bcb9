/** @typedef {import('./types.js').Api} Api */
/** @typedef {import('./types.js').Problem} Problem */

/** What the gateway, or the way to it, said instead of the answer. `status` 0: nobody answered. */
export class ApiProblem extends Error {
  /** @param {number} status @param {Partial<Problem>} problem */
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`)
    this.status = status
    this.problem = problem
  }
}

const TIMEOUT_MS = 40_000
/** The Date header has whole seconds; a smaller difference means nothing. */
const CLOCK_NOISE_MS = 2_000

/**
 * Calls the gateway with this key. The key lives in this closure and nowhere else.
 *
 * @param {string} key
 * @param {() => void} onRefused the key is not, or no longer, known
 * @returns {Api}
 */
export function createApi(key, onRefused) {
  let clockOffset = 0

  /** @param {string} method @param {string} path @param {import('./types.js').RequestOptions} options */
  async function request(method, path, { body, headers, signal }) {
    const limit = signal ?? AbortSignal.timeout(TIMEOUT_MS)
    const given = { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }
    /** @type {Response} */
    let response
    try {
      response = await fetch(path, {
        method,
        headers: given,
        signal: limit,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    } catch (error) {
      if (signal?.aborted === true) throw error
      throw new ApiProblem(0, { title: 'The gateway does not answer', detail: 'The gateway cannot be reached.' })
    }
    if (response.ok) return response
    if (response.status === 401) onRefused()
    throw new ApiProblem(response.status, await problemOf(response))
  }

  return {
    async call(method, path, options = {}) {
      const response = await request(method, path, options)
      const off = Date.parse(response.headers.get('date') ?? '') - Date.now()
      if (Number.isFinite(off)) clockOffset = Math.abs(off) < CLOCK_NOISE_MS ? 0 : off
      const text = await response.text()
      return { status: response.status, etag: response.headers.get('etag') ?? undefined, body: text === '' ? undefined : JSON.parse(text) }
    },
    async get(path) {
      return (await this.call('GET', path)).body
    },
    async open(path, headers, signal) {
      const response = await request('GET', path, { headers: { accept: 'text/event-stream', ...headers }, signal })
      if (response.body === null) throw new ApiProblem(response.status, { title: 'The stream is empty' })
      return response.body
    },
    get clockOffset() {
      return clockOffset
    },
  }
}

/** @param {Response} response @returns {Promise<Partial<Problem>>} */
async function problemOf(response) {
  try {
    return await response.json()
  } catch {
    return { title: `The gateway answered ${response.status}` }
  }
}

/** @param {string} platform @param {string} agentId */
export function agentPath(platform, agentId) {
  return `/v1/platforms/${encodeURIComponent(platform)}/agents/${encodeURIComponent(agentId)}`
}

/**
 * What went wrong, in one sentence for a person.
 *
 * @param {unknown} error
 */
export function sentenceOf(error) {
  if (!(error instanceof ApiProblem)) return error instanceof Error ? error.message : String(error)
  const { title, detail, hint, vendorCode, vendorName } = error.problem
  const vendor = vendorCode === undefined ? undefined : `platform's code ${vendorCode}${vendorName === undefined ? '' : ` ${vendorName}`}`
  return [title, detail, vendor, hint].filter((part, at, all) => part !== undefined && all.indexOf(part) === at).join(' · ')
}
