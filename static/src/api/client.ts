import { ApiError } from './errors'
import type { Problem } from './types'

const ROOT = '/api/v1'
const TIMEOUT_MS = 20_000

type Query = Record<string, string | number | boolean | null | undefined>
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

let csrf = ''
let onSignedOut: () => void = () => undefined
let onProofNeeded: () => Promise<boolean> = () => Promise.resolve(false)

/** Sets the token that every unsafe request carries; an empty one after signing out. */
export function setCsrf(token: string): void {
  csrf = token
}

/** Calls back whenever the server says that nobody is signed in any more. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback
}

/** Asks whoever sits here for a fresh proof; true when it was given and the request may be repeated. */
export function whenProofIsNeeded(ask: () => Promise<boolean>): void {
  onProofNeeded = ask
}

/** Gives the address of an API path with its query, for links, images and frames. */
export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value))
  }
  const text = search.toString()
  return `${ROOT}${path}${text ? `?${text}` : ''}`
}

export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', apiUrl(path, query), undefined, signal)
}

export function post<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  return request<T>('POST', apiUrl(path), body, signal)
}

export function put<T>(path: string, body: unknown = {}): Promise<T> {
  return request<T>('PUT', apiUrl(path), body)
}

export function del<T>(path: string): Promise<T> {
  return request<T>('DELETE', apiUrl(path))
}

/** Sends one file as the multipart field `file`. */
export function upload<T>(path: string, file: Blob, name: string): Promise<T> {
  const form = new FormData()
  form.append('file', file, name)
  return request<T>('POST', apiUrl(path), form)
}

/** Something that is no JSON, such as a sound or a file. Raises ApiError. */
export async function postForBlob(path: string, body: unknown): Promise<Blob> {
  return await (await answered('POST', apiUrl(path), body)).blob()
}

/** A file and the name that the server gave it. Raises ApiError. */
export async function postForFile(path: string, body: unknown): Promise<{ name: string; content: Blob }> {
  const response = await answered('POST', apiUrl(path), body)
  const told = response.headers.get('Content-Disposition') ?? ''
  const name = /filename\*=UTF-8''([^;]+)/.exec(told)?.[1] ?? 'file'
  return { name: decodeURIComponent(name), content: await response.blob() }
}

async function request<T>(method: Method, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await readBody(await answered(method, url, body, signal))) as T
}

/** The answer to what was let through; asks once for a fresh proof where one is needed. */
async function answered(
  method: Method,
  url: string,
  body?: unknown,
  signal?: AbortSignal,
  repeated = false,
): Promise<Response> {
  const response = await send(method, url, body, signal)
  if (response.ok) return response
  const problem = await readProblem(response)
  if (problem.code === 'step_up_required' && !repeated && (await onProofNeeded())) {
    return answered(method, url, body, signal, true)
  }
  if (response.status === 401 && !url.startsWith(`${ROOT}/session`)) onSignedOut()
  throw new ApiError(problem)
}

async function send(method: Method, url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf
  const isForm = body instanceof FormData
  if (body !== undefined && !isForm) headers['Content-Type'] = 'application/json'
  const limit = AbortSignal.timeout(TIMEOUT_MS)
  try {
    return await fetch(url, {
      method,
      headers,
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    const code = limit.aborted ? 'timeout' : 'network'
    throw new ApiError({ status: 0, code, message: code })
  }
}

async function readBody(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  return await response.json()
}

async function readProblem(response: Response): Promise<Problem> {
  const fallback: Problem = {
    status: response.status,
    code: `http_${response.status}`,
    message: response.statusText,
  }
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) }
  } catch {
    return fallback
  }
}
