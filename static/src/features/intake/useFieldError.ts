import { hasMessage, translate } from '@/i18n'
import { useIntake } from './useIntake'

/** Gives the words for what is wrong with one field, or null. */
export function useFieldError(): (path: string) => string | null {
  const { shown, refused } = useIntake()
  return (path) => {
    const code = shown.value[path] ?? refused.value[path]
    if (!code) return null
    const key = `errors.${code}`
    return translate(hasMessage(key) ? key : 'errors.bad_input')
  }
}
