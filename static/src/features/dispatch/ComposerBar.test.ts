import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { i18n } from '@/i18n'
import { useConfig } from '@/stores/config'
import type { Config } from '@/api/types'
import ComposerBar from './ComposerBar.vue'
import { provideDesk, type Desk } from './desk'

const shown = ref(true)

function open(): Desk {
  let desk: Desk | undefined
  setActivePinia(createPinia())
  useConfig().config = { channels: ['sms'] } as Config
  const Stage = defineComponent({
    setup() {
      desk = provideDesk()
      return () => (shown.value ? h(ComposerBar) : null)
    },
  })
  mount(Stage, { global: { plugins: [i18n] }, attachTo: document.body })
  return desk as unknown as Desk
}

const focused = () => document.activeElement?.getAttribute('data-testid') ?? null

describe('the foot of the case', () => {
  it('takes the keyboard back after the words were read, and never before somebody was chosen', async () => {
    const { composer } = open()
    expect(focused()).toBeNull()
    composer.begin(9)
    composer.toggleUnit(1)
    shown.value = false
    await Promise.resolve()
    shown.value = true
    await Promise.resolve()
    expect(focused()).toBe('compose-preview')
  })
})
