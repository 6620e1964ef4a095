import { computed, type Ref } from 'vue'
import { createI18n } from 'vue-i18n'

export type Language = 'zh' | 'en'
const KEY = 'cc.language'

type Catalogue = Record<string, unknown>
const files = import.meta.glob<{ default: Catalogue }>('./{zh,en}/*.ts', { eager: true })

/** One file per feature: `zh/cases.ts` becomes `cases.*`. */
export function catalogue(language: Language): Catalogue {
  const messages: Catalogue = {}
  for (const [path, module] of Object.entries(files)) {
    const [, folder, name] = /^\.\/(\w+)\/(\w+)\.ts$/.exec(path) ?? []
    if (folder === language && name) messages[name] = module.default
  }
  return messages
}

export const i18n = createI18n({
  legacy: false,
  locale: localStorage.getItem(KEY) === 'en' ? 'en' : 'zh',
  fallbackLocale: 'zh',
  missingWarn: false,
  fallbackWarn: false,
  messages: { zh: catalogue('zh'), en: catalogue('en') } as never,
})

/** What we use of the library's global composer; its own type is too deep to instantiate. */
interface Composer {
  locale: Ref<Language>
  t(key: string, params: Record<string, unknown>): string
  te(key: string): boolean
}
const composer = i18n.global as unknown as Composer

export const currentLanguage = computed(() => composer.locale.value)

export function setLanguage(language: Language): void {
  composer.locale.value = language
  localStorage.setItem(KEY, language)
  applyLanguage()
}

export function applyLanguage(): void {
  document.documentElement.lang = currentLanguage.value === 'zh' ? 'zh-CN' : 'en'
}

/** Translates outside a component; inside one prefer `useI18n()`. */
export function translate(key: string, params: Record<string, unknown> = {}): string {
  return composer.t(key, params)
}

export function hasMessage(key: string): boolean {
  return composer.te(key)
}

/** Gives the words for a code under `prefix`, or the code itself when there are none. */
export function word(
  prefix: string,
  code: string | null | undefined,
  params?: Record<string, unknown>,
): string {
  if (code == null || code === '') return ''
  const key = `${prefix}.${code}`
  return hasMessage(key) ? translate(key, params) : code
}
