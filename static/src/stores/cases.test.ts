import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { cases as api } from '@/api/endpoints'
import type { CaseDetail } from '@/api/types'
import { useCases } from './cases'

const detail = (id: number, version: number): CaseDetail =>
  ({ id, version, orders: [] }) as unknown as CaseDetail

describe('the open case', () => {
  beforeEach(() => setActivePinia(createPinia()))

  it('takes a newer version and ignores an older one that arrives late', async () => {
    vi.spyOn(api, 'one').mockResolvedValue(detail(7, 3))
    const cases = useCases()
    await cases.openCase(7)
    cases.accept(detail(7, 2))
    expect(cases.current?.version).toBe(3)
    cases.accept(detail(7, 4))
    expect(cases.current?.version).toBe(4)
  })

  it('is not replaced by the answer about a case left before', async () => {
    vi.spyOn(api, 'one').mockImplementation((id) => Promise.resolve(detail(id, 1)))
    const cases = useCases()
    await cases.openCase(7)
    await cases.openCase(8)
    cases.accept(detail(7, 9))
    expect(cases.current?.id).toBe(8)
  })

  it('keeps what it shows when a refresh fails, and says so', async () => {
    const one = vi.spyOn(api, 'one').mockResolvedValue(detail(7, 1))
    const cases = useCases()
    await cases.openCase(7)
    one.mockRejectedValue(new Error('away'))
    await cases.openCase(7)
    expect(cases.current?.id).toBe(7)
    expect(cases.currentError).not.toBeNull()
  })
})
