import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it } from 'vitest'
import type { CaseDetail, Deadline } from '@/api/types'
import { i18n, setLanguage } from '@/i18n'
import CaseSide from './CaseSide.vue'

const by = { name: '周立', at: '2026-06-02T02:00:00.000Z' }
const clock: Deadline = {
  rule: 'LAP.decide',
  started_at: '2026-06-01T02:00:00.000Z',
  due_at: '2026-11-16T15:59:59.000Z',
  met_at: null,
  light: 'green',
  unit: 'd',
  steps: [
    {
      zh: 'LAP.decide：行政处罚程序规定第六十四条，90日',
      en: 'LAP.decide: Penalty Procedure, art. 64, 90 days',
    },
    { zh: '延长75日，共165日', en: 'extended by 75 days to 165 days' },
    { zh: '暂停：2026-06-08至2026-06-12，首尾两日均不计', en: 'paused: 2026-06-08 to 2026-06-12' },
  ],
  pauses: [
    {
      first: '2026-06-08',
      last: '2026-06-12',
      ground: 'testing',
      evidence: '委托书 15 号',
      ...by,
      moved: [{ last: '2026-06-17', evidence: '报告 7 号', ...by }],
      taken_back: null,
    },
    {
      first: '2026-06-15',
      last: '2026-06-16',
      ground: 'testing',
      evidence: '委托书 16 号',
      ...by,
      moved: [],
      taken_back: { reason: '录错案件', ...by },
    },
  ],
  extensions: [
    {
      amount: 45,
      by: 'collective',
      reason: '案情特别复杂',
      evidence: '集体讨论记录 3 号',
      before: '2026-10-08T15:59:59.000Z',
      ...by,
    },
  ],
}
const inHours: Deadline = {
  ...clock,
  rule: 'LAP.emergency',
  unit: 'h',
  steps: [],
  pauses: [],
  extensions: [],
}

function side() {
  const detail = {
    deadlines: [clock, inHours],
    orders: [],
    documents: [],
    attachments: [],
    actions: [],
    received_at: clock.started_at,
    channel: 'phone',
  } as unknown as CaseDetail
  return mount(CaseSide, { props: { detail }, global: { plugins: [i18n], stubs: ['RouterLink'] } })
}

beforeEach(() => {
  setActivePinia(createPinia())
  setLanguage('zh')
})

it('says the arithmetic in the language of the reader', () => {
  const steps = () =>
    side()
      .findAll('details li, details summary')
      .map((one) => one.text())
  expect(steps()).toEqual([
    '行政处罚程序规定第六十四条，90日',
    '延长75日，共165日',
    '暂停：2026-06-08至2026-06-12，首尾两日均不计',
  ])
  setLanguage('en')
  expect(steps()).toEqual([
    'Penalty Procedure, art. 64, 90 days',
    'extended by 75 days to 165 days',
    'paused: 2026-06-08 to 2026-06-12',
  ])
})

it('strikes through a pause that was taken back, and tells the end that another had', () => {
  const shown = side()
  expect(shown.findAll('s').map((one) => one.text())).toEqual([
    expect.stringContaining('2026-06-15至2026-06-16'),
  ])
  expect(shown.text()).toContain('录错案件')
  expect(shown.text()).toContain('原至2026-06-17')
})

it('tells what proves a collective extension, and the hour of a limit in hours', () => {
  const shown = side().text()
  expect(shown).toContain('集体讨论记录 3 号')
  expect(shown).toMatch(/至 .*23:59/)
})
