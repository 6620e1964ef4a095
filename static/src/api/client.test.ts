import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { apiUrl, get, post, postForBlob, setCsrf, whenProofIsNeeded, whenSignedOut } from './client'
import { ApiError } from './errors'

function answer(status: number, body?: unknown): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), { status })
}

describe('the door to the server', () => {
  const fetched = vi.fn<typeof fetch>()

  beforeEach(() => {
    vi.stubGlobal('fetch', fetched)
    fetched.mockReset()
    setCsrf('token')
  })
  afterEach(() => vi.unstubAllGlobals())

  it('carries the page token with what changes something, and only then', async () => {
    fetched.mockImplementation(() => Promise.resolve(answer(200, {})))
    await post('/orders', { note: '' })
    await get('/orders')
    const headers = fetched.mock.calls.map(
      ([, init]) => (init?.headers as Record<string, string>)['X-CSRF-Token'],
    )
    expect(headers).toEqual(['token', undefined])
  })

  it('gives a refusal with its code, field and values', async () => {
    fetched.mockResolvedValue(
      answer(422, { status: 422, code: 'required', message: '', field: 'person.name', params: { n: 1 } }),
    )
    await expect(post('/submissions')).rejects.toMatchObject({
      status: 422,
      code: 'required',
      field: 'person.name',
      params: { n: 1 },
    })
  })

  it('says that nothing is known when nothing came back', async () => {
    fetched.mockRejectedValue(new TypeError('failed to fetch'))
    const error = await post('/submissions').catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ApiError)
    expect((error as ApiError).isNetwork).toBe(true)
  })

  it('keeps its head when a proxy answers with a page', async () => {
    fetched.mockResolvedValue(new Response('<h1>Bad gateway</h1>', { status: 502 }))
    await expect(get('/cases')).rejects.toMatchObject({ status: 502, code: 'http_502' })
  })

  it('tells once the session has ended, but not for a wrong password', async () => {
    const ended = vi.fn()
    whenSignedOut(ended)
    fetched.mockImplementation(() => Promise.resolve(answer(401, { code: 'unauthenticated' })))
    await post('/session').catch(() => undefined)
    expect(ended).not.toHaveBeenCalled()
    await get('/cases').catch(() => undefined)
    expect(ended).toHaveBeenCalledOnce()
  })

  it('asks once for a fresh proof and repeats what needed it', async () => {
    const ask = vi.fn(() => Promise.resolve(true))
    whenProofIsNeeded(ask)
    fetched.mockResolvedValueOnce(answer(403, { code: 'step_up_required' }))
    fetched.mockResolvedValueOnce(answer(200, { done: true }))
    await expect(post('/orders/1/approve', { note: 'x' })).resolves.toEqual({ done: true })
    expect(fetched.mock.calls.map(([, init]) => init?.body)).toEqual(['{"note":"x"}', '{"note":"x"}'])
    fetched.mockImplementation(() => Promise.resolve(answer(403, { code: 'step_up_required' })))
    await expect(post('/orders/1/approve')).rejects.toMatchObject({ code: 'step_up_required' })
    expect(ask).toHaveBeenCalledTimes(2)
  })

  it('asks for a fresh proof before a file too', async () => {
    whenProofIsNeeded(() => Promise.resolve(true))
    fetched.mockResolvedValueOnce(answer(403, { code: 'step_up_required' }))
    fetched.mockResolvedValueOnce(new Response('bytes', { status: 200 }))
    const file = await postForBlob('/attachments/1/original', { reason_code: 'verify' })
    await expect(file.text()).resolves.toBe('bytes')
  })

  it('leaves a refused proof a refusal', async () => {
    whenProofIsNeeded(() => Promise.resolve(false))
    fetched.mockResolvedValue(answer(403, { code: 'step_up_required' }))
    await expect(post('/orders/1/approve')).rejects.toMatchObject({ status: 403 })
    expect(fetched).toHaveBeenCalledOnce()
  })

  it('leaves empty questions out of an address', () => {
    expect(apiUrl('/cases', { view: 'queue', kind: '', state: null, unplaced: 1 })).toBe(
      '/api/v1/cases?view=queue&unplaced=1',
    )
  })
})
