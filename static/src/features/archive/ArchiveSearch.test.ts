import { flushPromises, mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { archive as api, type ArchivedCase } from '@/api/archive'
import { ApiError } from '@/api/errors'
import type { Me } from '@/api/types'
import { i18n } from '@/i18n'
import { useSession } from '@/stores/session'
import ArchiveSearch from './ArchiveSearch.vue'
import { itemName, periodWords } from './words'

const dialog = { props: ['modelValue'], template: '<div v-if="modelValue"><slot /></div>' }
const item = (case_no: string, more: Partial<ArchivedCase> = {}): ArchivedCase => ({
  case_no,
  kind: 'TS',
  organisation: '东华市监所',
  closed_at: '2010-01-01T00:00:00Z',
  ends_at: '2020-01-01T00:00:00Z',
  held: false,
  destroyed: null,
  ...more,
})
const found = [
  item('TS1'),
  item('TS2', { held: true }),
  item('TS3', { destroyed: '京市监销〔2026〕第1号' }),
  item('TS4', { ends_at: '2999-01-01T00:00:00Z' }),
]

describe('the archive by number', () => {
  beforeEach(() => {
    vi.spyOn(api, 'search').mockResolvedValue({ items: found, next: null })
  })

  async function shown(...permissions: string[]) {
    const pinia = createPinia()
    useSession(pinia).set({ permissions, csrf: '' } as unknown as Me)
    const wrapper = mount(ArchiveSearch, { global: { plugins: [i18n, pinia], stubs: { ElDialog: dialog } } })
    await flushPromises()
    return wrapper
  }

  it('tells how each case stands, and which may be put on hold', async () => {
    const wrapper = await shown('archive.hold')
    expect(wrapper.findAll('.standing').map((one) => one.text())).toEqual([
      '已到期',
      '保全中',
      '已销毁',
      '保管中',
    ])
    const holdable = found.filter(({ case_no }) => wrapper.find(`[data-testid=hold-${case_no}]`).exists())
    expect(holdable.map(({ case_no }) => case_no)).toEqual(['TS1', 'TS4'])
    expect((await shown()).find('[data-testid=hold-TS1]').exists()).toBe(false)
  })

  it('asks anew for every condition, and for the next page', async () => {
    vi.mocked(api.search).mockResolvedValue({ items: found, next: '50' })
    const wrapper = await shown()
    await wrapper.get('[data-testid=archive-standing]').setValue('due')
    expect(api.search).toHaveBeenLastCalledWith({ q: '', kind: '', standing: 'due' }, null)
    await flushPromises()
    await wrapper.get('.more').trigger('click')
    expect(api.search).toHaveBeenLastCalledWith({ q: '', kind: '', standing: 'due' }, '50')
  })

  it('puts a case on hold for a reason, and says which field was wrong', async () => {
    const hold = vi
      .spyOn(api, 'hold')
      .mockRejectedValueOnce(
        new ApiError({ status: 422, code: 'unknown_case', message: '', field: 'case_no' }),
      )
      .mockResolvedValueOnce({} as never)
    const wrapper = await shown('archive.hold')
    await wrapper.get('[data-testid=hold-TS1]').trigger('click')
    expect(wrapper.get<HTMLInputElement>('[data-testid=hold-case-no]').element.value).toBe('TS1')
    await wrapper.get('[data-testid=hold-reason]').setValue('行政诉讼未结')
    await wrapper.get('[data-testid=hold]').trigger('submit')
    await flushPromises()
    expect(wrapper.get('[role=alert]').text()).toContain('没有这个编号的案件')
    await wrapper.get('[data-testid=hold]').trigger('submit')
    await flushPromises()
    expect(hold).toHaveBeenLastCalledWith('TS1', '行政诉讼未结')
    expect(wrapper.find('[data-testid=hold]').exists()).toBe(false)
  })

  it('says what went wrong and tries again', async () => {
    vi.mocked(api.search).mockRejectedValueOnce(new ApiError({ status: 404, code: 'not_found', message: '' }))
    const wrapper = await shown()
    expect(wrapper.get('[role=alert]').text()).toContain('全局')
    await wrapper.get('[role=alert] button').trigger('click')
    await flushPromises()
    expect(wrapper.text()).toContain('TS1')
  })
})

describe('words of the archive', () => {
  it('say a period in years where it is some', () => {
    expect(periodWords(183)).toBe('183 天')
    expect(periodWords(3653)).toBe('10 年（3,653 天）')
  })

  it('name a day of positions by its day', () => {
    expect(itemName('fixes_20260105')).toBe('2026-01-05 (UTC)')
    expect(itemName('TS1')).toBe('TS1')
  })
})
