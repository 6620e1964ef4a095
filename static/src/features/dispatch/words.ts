import { hasMessage, translate, word } from '@/i18n'
import { span } from '@/i18n/format'
import type { Reason } from '@/api/types'

/** A recommendation's reason in words. */
export function reasonWords({ code, params }: Reason): string {
  const seconds = Number(params['seconds'] ?? 0)
  return word('dispatch.recommend.reason', code, { ...params, age: span(seconds) })
}

/** Why something is blocked, held or warned of. */
export function whyWords(code: string | null, params: Record<string, unknown> = {}): string {
  if (!code) return ''
  const key = `errors.${code}`
  if (!hasMessage(`dispatch.why.${code}`) && hasMessage(key)) return translate(key, params)
  const list = Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value.join('、') : value]),
  )
  return word('dispatch.why', code, list)
}
