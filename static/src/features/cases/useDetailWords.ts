import type { Codes } from '@/api/types'
import { translate, word } from '@/i18n'
import { useConfig } from '@/stores/config'
import { usePreferences } from '@/stores/preferences'

const TABLES: Record<string, keyof Codes> = {
  object_code: 'objects',
  problem_code: 'problems',
  violation_code: 'violations',
}
const GROUPS: Record<string, string> = { sales_mode: 'salesMode', mode: 'mediationMode' }

/** The particulars of a case in words: their names, and those of their values that are codes. */
export function useDetailWords() {
  const config = useConfig()
  const preferences = usePreferences()

  function named(table: keyof Codes, code: string): string {
    return config.codeOf(table, code)?.[preferences.language] ?? code
  }

  function say(key: string, value: string): string {
    if (value === 'true') return translate('common.yes')
    const table = TABLES[key]
    if (table) return named(table, value)
    return GROUPS[key] ? word(`words.${GROUPS[key]}`, value) : value
  }

  /** Gives what of it can be told in a line each. */
  function listed(details: Record<string, unknown>): { key: string; label: string; value: string }[] {
    return Object.entries(details)
      .filter(([, value]) => value !== null && value !== '' && value !== false && typeof value !== 'object')
      .map(([key, value]) => ({ key, label: word('fields', key), value: say(key, String(value)) }))
  }

  return { listed, named }
}
