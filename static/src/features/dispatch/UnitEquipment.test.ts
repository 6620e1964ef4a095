import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Codes, Unit } from '@/api/types'
import { i18n } from '@/i18n'
import { useConfig } from '@/stores/config'
import { useFleet } from '@/stores/fleet'
import { useSession } from '@/stores/session'
import UnitEquipment from './UnitEquipment.vue'
import { reasonWords } from './words'

const api = vi.hoisted(() => ({ setEquipment: vi.fn() }))
vi.mock('@/api/endpoints', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  units: api,
}))

const unit = { id: 7, plate: '京A0007', equipment: ['seals'] } as unknown as Unit
const one = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)

function show(...permissions: string[]) {
  useSession().me = { permissions } as never
  return mount(UnitEquipment, { props: { unit }, global: { plugins: [i18n] }, attachTo: document.body })
}

describe('what a unit carries', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    vi.clearAllMocks()
    useConfig().codes = {
      equipment: [
        { code: 'food_kit', zh: '食品快检箱', en: 'Rapid food test kit' },
        { code: 'seals', zh: '封条', en: 'Seals' },
      ],
    } as unknown as Codes
  })

  it('is read by all, and changed by whoever sends units', async () => {
    const seen = show('unit.read')
    expect(seen.text()).toBe('装备：封条')
    seen.unmount()
    const taken = vi.spyOn(useFleet(), 'takeUnit').mockImplementation(() => undefined)
    api.setEquipment.mockResolvedValue({ ...unit, equipment: ['food_kit', 'seals'] })
    const kept = show('unit.read', 'unit.manage')
    one('unit-equipment-edit')?.click()
    await flushPromises()
    one('piece-food_kit')?.click()
    one('unit-equipment-form-confirm')?.click()
    await flushPromises()
    expect(api.setEquipment).toHaveBeenCalledExactlyOnceWith(7, ['seals', 'food_kit'])
    expect(taken).toHaveBeenCalledOnce()
    kept.unmount()
  })

  it('is told as a reason by its name', () => {
    expect(reasonWords({ code: 'lacks_equipment', params: { codes: ['food_kit'] } })).toBe('缺少食品快检箱')
    i18n.global.locale.value = 'en'
    expect(reasonWords({ code: 'has_equipment', params: { codes: ['seals'] } })).toContain('has ')
    i18n.global.locale.value = 'zh'
  })
})
