import { isApiError, type ApiError } from '@/api/errors'
import { hasMessage, translate, word } from '.'

/** Gives the words for anything that went wrong; the server's own words when a code is unknown. */
export function explain(error: unknown): string {
  if (!isApiError(error)) return translate('errors.unexpected')
  const field = error.field ? word('fields', leaf(error.field)) : ''
  const specific = `errors.${refined(error)}`
  const said = hasMessage(specific)
    ? translate(specific, { ...error.params, field })
    : error.message || translate('errors.unexpected')
  return field && !said.includes(field) ? translate('errors.inField', { field, said }) : said
}

/** A refused step says which of its reasons it was. */
function refined({ code, params }: ApiError): string {
  if (code !== 'illegal_transition') return code
  if (params['open_orders']) return 'open_orders'
  return params['waiting_for'] ? 'waiting' : code
}

const leaf = (path: string): string => path.split('.').at(-1) ?? path
