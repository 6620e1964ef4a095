import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { supervisions as api, type Supervision } from '@/api/supervision'
import { i18n } from '@/i18n'
import { useConfig } from '@/stores/config'
import { useSession } from '@/stores/session'
import type { CaseDetail, Me } from '@/api/types'
import CaseSupervision from './CaseSupervision.vue'
import SupervisionCard from './SupervisionCard.vue'

const order: Supervision = {
  id: 4,
  number: 'DB1100002026092200001',
  case_id: 9,
  case_no: 'TS1',
  case_kind: 'TS',
  state: 'ISSUED',
  version: 2,
  level: 2,
  source: 'leader',
  unit_id: 3,
  unit_name: '东华市监所',
  problem: '没有进展',
  demand: '三日内办结',
  reply: '',
  entries: [
    { at: '2026-09-22T01:00:00Z', act: 'propose', name: '', text: '' },
    { at: '2026-09-22T02:00:00Z', act: 'issue', name: '王局', text: '' },
  ],
  created_at: '2026-09-22T01:00:00Z',
  sign_by: '2099-09-22T05:00:00Z',
  due_at: '2099-09-25T05:00:00Z',
  closed_at: null,
  light: 'green',
  actions: [],
  paper: true,
}
const detail = {
  id: 9,
  case_no: 'TS1',
  state: 'ROUTED',
  light: 'black',
  organisation: { id: 3, name: '东华市监所' },
} as unknown as CaseDetail

let wrapper: VueWrapper
const body = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`)

async function open(permissions: string[], found: Supervision[]): Promise<VueWrapper> {
  useSession().me = { id: 7, organisation: { id: 1 }, permissions } as unknown as Me
  useConfig().organisations = [
    { id: 1, parent_id: null, kind: 'bureau', name: '市局' },
    { id: 3, parent_id: 1, kind: 'branch', name: '东华市监所' },
  ] as never
  vi.spyOn(api, 'list').mockResolvedValue({ items: found })
  wrapper = mount(CaseSupervision, {
    props: { detail },
    global: { plugins: [i18n] },
    attachTo: document.body,
  })
  await flushPromises()
  return wrapper
}

describe('the supervision of a case', () => {
  beforeEach(() => setActivePinia(createPinia()))
  afterEach(() => {
    wrapper.unmount()
    vi.restoreAllMocks()
  })

  it.each([
    ['supervision.issue', true],
    ['supervision.propose', false],
  ])('is sent out by whoever may issue and proposed by whoever may not: %s', async (permission, issues) => {
    const propose = vi.spyOn(api, 'propose').mockResolvedValue(order)
    await (await open([permission], [])).get('[data-testid=supervise]').trigger('click')
    await flushPromises()
    for (const name of ['problem', 'demand']) {
      const field = body(`supervision-${name}`) as HTMLTextAreaElement
      field.value = `${name} 说明`
      field.dispatchEvent(new Event('input'))
    }
    await flushPromises()
    body('supervision-draft')?.dispatchEvent(new Event('submit'))
    await flushPromises()
    const draft = {
      level: 1,
      source: 'overdue',
      problem: 'problem 说明',
      demand: 'demand 说明',
      organisation_id: 3,
    }
    expect(propose).toHaveBeenCalledWith(9, draft, issues)
  })

  it('offers no second one while one is open, and says how that stands', async () => {
    const text = (await open(['supervision.issue'], [order])).text()
    expect(wrapper.find('[data-testid=supervise]').exists()).toBe(false)
    for (const words of ['东华市监所', '待签收', 'DB1100002026092200001']) expect(text).toContain(words)
  })

  it('is not there for whoever may only look where there is none', async () => {
    expect((await open([], [])).find('[data-testid=case-supervision]').exists()).toBe(false)
  })
})

describe('one supervision order', () => {
  beforeEach(() => setActivePinia(createPinia()))
  afterEach(() => {
    wrapper.unmount()
    vi.restoreAllMocks()
  })

  const card = (changes: Partial<Supervision>): VueWrapper =>
    (wrapper = mount(SupervisionCard, {
      props: { order: { ...order, ...changes } },
      global: { plugins: [i18n] },
      attachTo: document.body,
    }))

  it('is signed for with one press', async () => {
    const act = vi.spyOn(api, 'act').mockResolvedValue({ ...order, state: 'SIGNED' })
    await card({ actions: ['sign'] })
      .get('[data-testid=supervision-sign]')
      .trigger('click')
    await flushPromises()
    expect(act).toHaveBeenCalledWith(expect.objectContaining({ id: 4 }), 'sign', '', undefined)
    expect(wrapper.emitted('changed')?.[0]).toEqual([{ ...order, state: 'SIGNED' }])
  })

  it('asks for the words of a reply', async () => {
    const act = vi.spyOn(api, 'act').mockResolvedValue(order)
    await card({ state: 'SIGNED', actions: ['reply'] })
      .get('[data-testid=supervision-reply]')
      .trigger('click')
    await flushPromises()
    const field = body('supervision-text-text') as HTMLTextAreaElement
    field.value = '已办结'
    field.dispatchEvent(new Event('input'))
    await flushPromises()
    body('supervision-text')?.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(act).toHaveBeenCalledWith(expect.anything(), 'reply', '已办结', undefined)
  })

  it('says who did what, the house itself included', () => {
    const text = card({}).text()
    for (const words of ['已提出', '系统', '已签发', '王局', '打印督办单']) expect(text).toContain(words)
  })
})
