import type { AuditEntry, Codes } from '@/api/types'
import { hasMessage, translate, word, type Language } from '@/i18n'

/** Gives what was done, in words. */
export function actionOf(entry: AuditEntry): string {
  const key = `audit.action.${entry.action.replaceAll('.', '_')}`
  return hasMessage(key) ? translate(key) : entry.action
}

/** Gives the number of the case or order, or the kind and id of anything else. */
export function objectOf(entry: AuditEntry): string {
  if (entry.object_no) return entry.object_no
  return `${word('audit.kind', entry.object_kind)} ${entry.object_id}`
}

/** Gives the reason as its code table says it. */
export function reasonOf(entry: AuditEntry, codes: Codes | null, language: Language): string {
  const tables = [codes?.reveal_reasons, codes?.track_reasons]
  const found = tables.flatMap((table) => table ?? []).find(({ code }) => code === entry.reason_code)
  return found?.[language] ?? word('audit.reason', entry.reason_code)
}

/** Gives the detail as short texts, name before value. */
export function detailOf(entry: AuditEntry): [string, string][] {
  return Object.entries(entry.detail)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)])
}
