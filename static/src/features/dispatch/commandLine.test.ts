import { describe, expect, it } from 'vitest'
import { complete, readLine, type Vocabulary } from './commandLine'

const vocabulary: Vocabulary = {
  cases: [
    { id: 1, caseNo: 'TS1101012026030100012', label: '老王饭店', alarmId: null },
    { id: 2, caseNo: 'JB1101012026030100012', label: '好日子超市', alarmId: 9 },
    { id: 3, caseNo: 'TS1101012026030100112', label: '鑫源药店', alarmId: null },
  ],
  openCase: 3,
  units: [
    { id: 11, plate: '京A·10012', label: '执法一组', assignmentId: 71 },
    { id: 12, plate: '京A·10013', label: '执法二组', assignmentId: null },
    { id: 13, plate: '京B·20012', label: '执法三组', assignmentId: null },
  ],
  branches: [
    { id: 21, name: '东华门市场监管所' },
    { id: 22, name: '景山市场监管所' },
  ],
  channels: ['sms', 'fax', 'app', 'vehicle', 'voice'],
}
const read = (line: string) => readLine(line, vocabulary)

describe('the command bar', () => {
  it('opens the joint plan', () => {
    expect(read('j')).toEqual({ command: { verb: 'together' } })
    expect(read('统')).toEqual(read('j'))
  })

  it('composes an order from a case, plates, a branch and channels', () => {
    expect(read('d TS0012 京A10012 京A10013 景山 sms,fax')).toEqual({
      command: {
        verb: 'dispatch',
        caseId: 1,
        unitIds: [11, 12],
        branchIds: [22],
        channels: ['sms', 'fax'],
      },
    })
  })

  it.each([
    ['TS1101012026030100012', 1],
    ['ts…0012', 1],
    ['TS12', 1],
    ['JB0012', 2],
    ['112', 3],
  ])('knows the case that is called %s', (word, id) => {
    expect(read(`d ${word} 10013`)).toMatchObject({ command: { caseId: id } })
  })

  it.each([
    ['', 'empty', ''],
    ['x', 'verb', 'x'],
    ['d', 'case_missing', ''],
    ['d 999', 'case_unknown', '999'],
    ['d 0012', 'case_ambiguous', '0012'],
    ['d TS12', 'target_missing', ''],
    ['d TS12 京C1', 'target_unknown', '京C1'],
    ['d TS12 0012', 'target_ambiguous', '0012'],
    ['s 京A10012', 'status_missing', ''],
    ['s 京A10012 flying', 'status_unknown', 'flying'],
    ['s 京A10013 onscene', 'not_assigned', '京A10013'],
    ['s 京A10012 cannot', 'reason_missing', ''],
    ['t TS12', 'alarm_missing', 'TS12'],
    ['f', 'text_missing', ''],
  ])('%j is refused as %s', (line, problem, word) => {
    expect(read(line)).toEqual({ problem, word })
  })

  it('reads full-width letters, digits and spaces as the input method leaves them', () => {
    expect(read('ｄ　ＴＳ１２　京A１００１３')).toMatchObject({ command: { caseId: 1, unitIds: [12] } })
  })

  it('sends on every channel when none is named', () => {
    expect(read('d TS12 10013')).toMatchObject({
      command: { channels: ['sms', 'fax', 'app', 'vehicle', 'voice'] },
    })
  })

  it('reports a status in either language, with a reason where one is given', () => {
    expect(read('s 京A10012 onscene')).toMatchObject({ command: { assignmentId: 71, state: 'ON_SCENE' } })
    expect(read('s 京A10012 不能 车辆 故障')).toMatchObject({
      command: { state: 'CANNOT', reason: '车辆 故障' },
    })
  })

  it('sets a duty state without an assignment', () => {
    expect(read('s 10013 oos 换胎')).toMatchObject({
      command: { verb: 'duty', unitId: 12, state: 'OUT_OF_SERVICE', reason: '换胎' },
    })
  })

  it('takes the alarm on top when no case is named', () => {
    expect(read('t')).toEqual({ command: { verb: 'take', alarmId: 9 } })
  })

  it('finds free text', () => {
    expect(read('f 老王饭店 东华门')).toEqual({ command: { verb: 'find', text: '老王饭店 东华门' } })
  })
})

describe('completion', () => {
  const words = (line: string) => complete(line, vocabulary, true).map((c) => c.word)

  it('knows the open case by a dot', () => {
    expect(read('d . 10013')).toMatchObject({ command: { caseId: 3, unitIds: [12] } })
    expect(words('d ')[0]).toBe('.')
    expect(words('d . 京A')).toEqual(['京A·10012', '京A·10013'])
    const none: Vocabulary = { ...vocabulary, openCase: null }
    expect(readLine('d . 10013', none)).toMatchObject({ problem: 'case_unknown' })
    expect(complete('d ', none, true).map((c) => c.word)).not.toContain('.')
  })

  it('sends over what is served here, unless told otherwise', () => {
    const few: Vocabulary = { ...vocabulary, channels: ['sms'] }
    expect(readLine('d TS12 10013', few)).toMatchObject({ command: { channels: ['sms'] } })
    expect(read('d TS12 10013 电话')).toMatchObject({ command: { channels: ['voice'] } })
  })

  it('offers verbs, then cases, then targets and channels', () => {
    expect(words('')).toEqual(['d', 's', 't', 'j', 'f'])
    expect(words('d ')).toHaveLength(4)
    expect(words('d TS12 ')).toContain('京A·10012')
    expect(words('d TS12 sm')).toContain('sms')
  })

  it('finds a case by its business and keeps the rest of the line', () => {
    expect(complete('d 超市', vocabulary, true)).toMatchObject([
      { word: 'JB1101012026030100012', line: 'd JB1101012026030100012 ' },
    ])
  })

  it('offers each target once', () => {
    expect(words('d TS12 京A·10012 京A')).toEqual(['京A·10013'])
    expect(words('d TS12 京a10012 京A')).toEqual(['京A·10013'])
  })

  it('offers status words in the reader’s language', () => {
    expect(complete('s 10012 ', vocabulary, false).map((c) => c.word)).toContain('onscene')
    expect(words('s 10012 ')).toContain('接令')
  })

  it('offers only alarmed cases to take', () => {
    expect(words('t ')).toEqual(['JB1101012026030100012'])
  })
})
