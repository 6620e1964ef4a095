import { ApiError } from './errors'
import type { Health } from './types'

/** Gives the state of every part; a sick house answers 503 and still says which part it is. */
export async function health(): Promise<Health> {
  const response = await fetch('/healthz', { headers: { Accept: 'application/json' } }).catch(() => null)
  if (!response) throw new ApiError({ status: 0, code: 'network', message: 'network' })
  const body = (await response.json().catch(() => null)) as Health | null
  if (!body || typeof body.parts !== 'object') {
    throw new ApiError({
      status: response.status,
      code: `http_${response.status}`,
      message: response.statusText,
    })
  }
  return body
}
