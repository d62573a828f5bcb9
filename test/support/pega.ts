import { isDeepStrictEqual } from 'node:util'

/**
 * What a Pega Call server does with an OpenCTI adapter whose connector points to the gateway, step by step as the guide describes it
 * (vendors/pega-and-crm.md sections 2, 3 and 5.1; seed "The LogoutAgent activity"). It knows nothing of the gateway but its address and
 * the data mapping that docs/crm/pega.md gives.
 */
export interface PrimaryPage {
  AgentID: string
  AgentPassword: string
  DN: string
  Queue: string
  WorkMode: string
  /** Property page: the vendor's equivalent state, set by the adapter's developer. */
  AgentState: { Name: string }
  AgentOptions: { pyOpenCTI: { pyReasonCode: string } }
  pyStatusMessage: string
  pyPegaCTIError: string
}

/** The connector's response page: where Connect-REST maps the body to, whatever the status. */
export type ResponsePage = Readonly<Record<string, unknown>>

export interface StepStatus {
  readonly status: 'Good' | 'Fail'
  readonly message: string
  /** Of the connector: undefined when no answer came. */
  readonly http: number | undefined
  readonly response: ResponsePage
}

export interface PegaOptions {
  readonly url: string
  readonly key: string
  readonly platform: string
  /** Set in the connector rule: query parameters and headers of every call. */
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly responseTimeoutMs?: number
}

export interface PegaAdapter {
  readonly page: PrimaryPage
  /** Once per user: the link is opened by a look at what the platform can do. */
  openAdapter(): Promise<StepStatus>
  loginAgent(agent: { AgentID: string; AgentPassword?: string; Extension?: string; Queue?: string }): Promise<StepStatus>
  setAgentReady(): Promise<StepStatus>
  setAgentNotReady(reason?: string, afterCallWork?: boolean): Promise<StepStatus>
  logoutAgent(reason?: string): Promise<StepStatus>
}

type Activity = 'LoginAgent' | 'SetAgentReady' | 'SetAgentNotReady' | 'LogoutAgent'

/** The equivalent states that a developer would enter on the AgentState page. */
const EQUIVALENT: Readonly<Record<Activity, string>> = {
  LoginAgent: 'LOGIN',
  SetAgentReady: 'READY',
  SetAgentNotReady: 'NOT_READY',
  LogoutAgent: 'LOGOUT',
}

/** Data mapping of the request: JSON field ← clipboard. Every property goes, set or not, as a data transform sends them. */
const requestOf = (page: PrimaryPage): Readonly<Record<string, unknown>> => ({
  AgentID: page.AgentID,
  AgentPassword: page.AgentPassword,
  DN: page.DN,
  Queue: page.Queue,
  WorkMode: page.WorkMode,
  AgentState: page.AgentState.Name,
  AgentOptions: { pyOpenCTI: { pyReasonCode: page.AgentOptions.pyOpenCTI.pyReasonCode } },
})

export function createPega(options: PegaOptions): PegaAdapter {
  const page: PrimaryPage = {
    AgentID: '',
    AgentPassword: '',
    DN: '',
    Queue: '',
    WorkMode: '',
    AgentState: { Name: '' },
    AgentOptions: { pyOpenCTI: { pyReasonCode: '' } },
    pyStatusMessage: '',
    pyPegaCTIError: '',
  }

  async function connector(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ http: number | undefined; response: ResponsePage; trouble: string }> {
    try {
      const answer = await fetch(`${options.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${options.key}`, ...(body && { 'content-type': 'application/json' }), ...options.headers },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(options.responseTimeoutMs ?? 10_000),
      })
      return { http: answer.status, response: (await answer.json()) as ResponsePage, trouble: '' }
    } catch (error) {
      return { http: undefined, response: {}, trouble: error instanceof Error ? error.message : String(error) }
    }
  }

  /** Section 5.1: detect; copy the message to both properties; Activity-Set-Status Fail; leave. Success changes nothing. */
  function ended(answer: { http: number | undefined; response: ResponsePage; trouble: string }, before: PrimaryPage): StepStatus {
    const { http, response } = answer
    if (http !== undefined && http >= 200 && http < 300) {
      if (!isDeepStrictEqual(page, before)) throw new Error('a successful activity has changed the primary page')
      return { status: 'Good', message: '', http, response }
    }
    const message = typeof response['errMessage'] === 'string' ? response['errMessage'] : answer.trouble
    page.pyStatusMessage = message
    page.pyPegaCTIError = message
    return { status: 'Fail', message, http, response }
  }

  async function perform(activity: Activity): Promise<StepStatus> {
    page.AgentState.Name = EQUIVALENT[activity]
    const request = requestOf(page)
    const before = structuredClone(page)
    return ended(await connector('POST', `/opencti/${options.platform}/${activity}${options.query ?? ''}`, request), before)
  }

  return {
    page,
    async openAdapter() {
      return ended(await connector('GET', `/v1/platforms/${options.platform}`), structuredClone(page))
    },
    loginAgent({ AgentID, AgentPassword = '', Extension = '', Queue = '' }) {
      // The extension is copied to the device number (section 3).
      Object.assign(page, { AgentID, AgentPassword, DN: Extension, Queue })
      return perform('LoginAgent')
    },
    setAgentReady: () => perform('SetAgentReady'),
    async setAgentNotReady(reason = '', afterCallWork = false) {
      page.AgentOptions.pyOpenCTI.pyReasonCode = reason
      page.WorkMode = afterCallWork ? 'AFTER_CALL_WORK' : ''
      const status = await perform('SetAgentNotReady')
      page.WorkMode = ''
      return status
    },
    logoutAgent(reason = '') {
      page.AgentOptions.pyOpenCTI.pyReasonCode = reason
      return perform('LogoutAgent')
    },
  }
}
