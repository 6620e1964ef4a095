import { currentLanguage, hasMessage, translate, word } from '@/i18n'
import { span } from '@/i18n/format'
import { useConfig } from '@/stores/config'
import type { Reason } from '@/api/types'

/** A list as one writes it in the reader's language. */
export function listed(items: readonly string[]): string {
  return items.join(currentLanguage.value === 'zh' ? '、' : ', ')
}

/** Pieces of equipment by their names. */
export function equipmentWords(codes: readonly string[]): string {
  const { codeOf } = useConfig()
  return listed(codes.map((code) => codeOf('equipment', code)?.[currentLanguage.value] ?? code))
}

/** A recommendation's reason in words. */
export function reasonWords({ code, params }: Reason): string {
  const seconds = Number(params['seconds'] ?? 0)
  const codes = params['codes']
  return word('dispatch.recommend.reason', code, {
    ...params,
    age: span(seconds),
    equipment: Array.isArray(codes) ? equipmentWords(codes.map(String)) : '',
  })
}

/** Why something is blocked, held or warned of, or what went wrong with a message. */
export function whyWords(code: string | null, params: Record<string, unknown> = {}): string {
  if (!code) return ''
  const said = Object.entries(params).map(([name, value]) => [
    name,
    Array.isArray(value) ? listed(value.map((one) => word('words.hitKind', String(one)))) : value,
  ])
  const words = Object.fromEntries(said) as Record<string, unknown>
  if (hasMessage(`dispatch.why.${code}`)) return translate(`dispatch.why.${code}`, words)
  // What forbids a unit is said as in the ranking.
  if (hasMessage(`dispatch.recommend.reason.${code}`)) return reasonWords({ code, params })
  return word('errors', code, words)
}
