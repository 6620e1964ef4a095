import { isApiError } from '@/api/errors'
import { translate, word } from '@/i18n'
import { explain } from '@/i18n/errors'
import { number } from '@/i18n/format'

const YEAR_DAYS = 365

/** Gives what a rule or list speaks of, in words. */
export const targetWord = (target: string): string => word('archive.target', target)

/** Gives a period in days, and in years where it is some. */
export function periodWords(days: number): string {
  const years = days / YEAR_DAYS
  const inDays = translate('common.span.day', { n: number(days) })
  return years < 1 ? inDays : translate('archive.period', { years: number(years), days: inDays })
}

/** Gives the name of one thing on a list: a case's number, or a day of positions. */
export function itemName(reference: string): string {
  const [, year, month, day] = /^fixes_(\d{4})(\d{2})(\d{2})$/.exec(reference) ?? []
  return year ? `${year}-${month}-${day} (UTC)` : reference
}

/** Gives the words for what went wrong: below the bureau's root there is no archive. */
export function explainArchive(error: unknown): string {
  return isApiError(error) && error.status === 404 ? translate('archive.wholeBureau') : explain(error)
}
