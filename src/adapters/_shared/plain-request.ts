import type { AxiosRequestConfig, InternalAxiosRequestConfig } from 'axios'

/** Settings of an instance that every one of its requests shares. */
export type SharedConfig = Pick<
  AxiosRequestConfig,
  'baseURL' | 'allowAbsoluteUrls' | 'httpAgent' | 'httpsAgent' | 'maxContentLength' | 'maxBodyLength' | 'validateStatus'
>

/** A request of which everything is understood, with the headers and the body that axios would give it. */
export interface PlainRequest {
  readonly shared: SharedConfig
  /** As the caller has it. */
  readonly given: AxiosRequestConfig
  /** In lower case. */
  readonly method: string
  /** Values of printable ASCII. */
  readonly headers: Readonly<Record<string, string>>
  readonly data: string | undefined
}

/** As axios would hand it to its adapter. */
export function fullConfig({ shared, given, method, headers, data }: PlainRequest): InternalAxiosRequestConfig {
  return { ...shared, ...given, method, headers, data } as unknown as InternalAxiosRequestConfig
}
