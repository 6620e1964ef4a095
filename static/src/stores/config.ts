import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { directory } from '@/api/endpoints'
import { setZone } from '@/i18n/format'
import type { Code, Codes, Config, Organisation } from '@/api/types'
import { usePreferences } from './preferences'

/** What the bureau has set: read once, the same for everybody. */
export const useConfig = defineStore('config', () => {
  const preferences = usePreferences()
  const config = shallowRef<Config | null>(null)
  const codes = shallowRef<Codes | null>(null)
  const organisations = shallowRef<Organisation[]>([])
  const loading = ref<Promise<void> | null>(null)

  /** By which an order may leave here. */
  const channels = computed(() => config.value?.channels ?? [])
  const demo = computed(() => config.value?.mode === 'demo')

  async function load(): Promise<void> {
    loading.value ??= fetchConfig().catch((error: unknown) => {
      loading.value = null
      throw error
    })
    await loading.value
  }

  async function fetchConfig(): Promise<void> {
    config.value = await directory.config()
    setZone(config.value.timezone)
  }

  async function loadCodes(): Promise<Codes> {
    codes.value ??= await directory.codes()
    return codes.value
  }

  async function loadOrganisations(): Promise<Organisation[]> {
    if (!organisations.value.length) organisations.value = await directory.organisations()
    return organisations.value
  }

  function codeOf(list: keyof Codes, code: string): Code | undefined {
    return codes.value?.[list].find((item) => item.code === code)
  }

  /** The codes of a table in the present language, to choose from. */
  function choices(list: keyof Codes): { code: string; label: string }[] {
    return (codes.value?.[list] ?? []).map((item) => ({
      code: item.code,
      label: item[preferences.language],
    }))
  }

  return { config, codes, organisations, channels, demo, load, loadCodes, loadOrganisations, codeOf, choices }
})
