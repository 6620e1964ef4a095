import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { currentLanguage, setLanguage, type Language } from '@/i18n'

export type Theme = 'light' | 'dark' | 'system'
const KEY = 'cc.theme'

/** How this person wants the screen: remembered on this machine. */
export const usePreferences = defineStore('preferences', () => {
  const system = window.matchMedia('(prefers-color-scheme: dark)')
  const systemDark = ref(system.matches)
  system.addEventListener('change', (event) => {
    systemDark.value = event.matches
  })

  const theme = ref<Theme>((localStorage.getItem(KEY) as Theme | null) ?? 'system')
  const dark = computed(() => theme.value === 'dark' || (theme.value === 'system' && systemDark.value))
  const language = computed({
    get: () => currentLanguage.value,
    set: (value: Language) => setLanguage(value),
  })

  watch(theme, (value) => localStorage.setItem(KEY, value))
  watch(
    dark,
    (value) => {
      document.documentElement.classList.toggle('dark', value)
      document.documentElement.style.colorScheme = value ? 'dark' : 'light'
    },
    { immediate: true },
  )

  return { theme, dark, language }
})
