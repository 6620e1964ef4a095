import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, it, vi } from 'vitest'
import { i18n, setLanguage } from '@/i18n'
import { cases } from '@/api/endpoints'
import DueStrip from './DueStrip.vue'

vi.mock('@/realtime', () => ({ realtime: { on: () => () => undefined } }))

function strip(props: Record<string, unknown> = {}) {
  return mount(DueStrip, {
    props,
    global: {
      plugins: [i18n],
      stubs: { RouterLink: { props: ['to'], template: '<a :data-to="to.query.due"><slot /></a>' } },
    },
  })
}

beforeEach(() => {
  setLanguage('zh')
  vi.spyOn(cases, 'outlook').mockResolvedValue({ late: 3, today: 0, tomorrow: 2, week: 5, likely: 0 })
})

it('shows what is due, and today even where nothing is', async () => {
  const shown = strip()
  await flushPromises()
  expect(shown.findAll('button').map((one) => one.text())).toEqual([
    '已逾期 3',
    '今天到期 0',
    '明天到期 2',
    '本周到期 5',
  ])
})

it('chooses a filter and takes it back', async () => {
  const shown = strip()
  await flushPromises()
  await shown.find('[data-testid="due-tomorrow"]').trigger('click')
  expect(shown.emitted('update:modelValue')).toEqual([['tomorrow']])
  await shown.setProps({ modelValue: 'tomorrow' })
  expect(shown.find('[aria-pressed="true"]').text()).toContain('明天')
  await shown.find('[data-testid="due-tomorrow"]').trigger('click')
  expect(shown.emitted('update:modelValue')?.at(-1)).toEqual([null])
})

it('leads to the desk of cases from other desks', async () => {
  const shown = strip({ links: true })
  await flushPromises()
  expect(shown.findAll('a').map((one) => one.attributes('data-to'))).toEqual([
    'late',
    'today',
    'tomorrow',
    'week',
  ])
})

it('shows nothing while nothing could be counted', async () => {
  vi.spyOn(cases, 'outlook').mockRejectedValue(new Error('away'))
  const shown = strip()
  await flushPromises()
  expect(shown.find('[data-testid="due-strip"]').exists()).toBe(false)
})
