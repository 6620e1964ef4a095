import { describe, expect, it } from 'vitest'
import { personalTrace } from './privacy'

describe('a text that may leave the house', () => {
  it.each([
    ['请回电 13812345678', 'phone_pattern'],
    ['电话１３８ 1234 5678', 'phone_pattern'],
    ['固话 010-62345678', 'phone_pattern'],
    ['证件 110101199003070012', 'id_pattern'],
    ['后厨有老鼠，卫生差', null],
    ['涉及金额 1280 元，订单 20260315', null],
  ])('%s → %s', (text, trace) => expect(personalTrace(text)).toBe(trace))

  it('is caught when it names the very person', () => {
    const person = { name: '王小明', phone: '138 0000 0000', address: '和平里七区18号楼' }
    expect(personalTrace('王 小明反映餐馆卫生差', person)).toBe('name')
    expect(personalTrace('住在和平里七区 18 号楼的顾客', person)).toBe('address')
    expect(personalTrace('顾客反映餐馆卫生差', person)).toBeNull()
  })
})
