import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { field } from '@/api/endpoints'
import { ApiError } from '@/api/errors'
import { explain } from '@/i18n/errors'
import { gather } from '@/lib/gather'
import { keepKnown, lastKnown, openShelf, pageShelf, type Known, type Shelf } from '@/lib/phone'
import { uuid } from '@/lib/uuid'
import { realtime } from '@/realtime'
import { useConfig } from '@/stores/config'
import { useSession } from '@/stores/session'
import type { AssignmentReport, FieldAssignment, FieldPage, Id, Missed } from '@/api/types'
import { plain, type Draft } from './inspection'
import { mayGo, Outbox, type InspectionItem, type Item } from './outbox'
import { forgetDraft } from './drafts'
import { project, type Projected } from './projection'

const POLL_MS = 30_000
const MIN_CREW = 2
const NEWS = new Set<string>(['order', 'field', 'unit'])

export type Task = FieldAssignment & { seen: Projected }
export interface Saying {
  reason?: string
  text?: string
  result_code?: string | null
  proposal_id?: Id
}

/** All that the officer's phone knows and says. */
export function useField() {
  const session = useSession()
  const config = useConfig()
  const owner = session.me?.id
  const page = shallowRef<FieldPage | null>(null)
  const error = shallowRef<unknown>(null)
  const loading = ref(false)
  const items = shallowRef<readonly Item[]>([])
  /** Whether the browser can keep words over a closed page. */
  const durable = ref(true)
  const online = ref(navigator.onLine)
  const chosenId = ref<Id | null>(null)
  /** When the server last told this page, in ms; it may have been before the page was opened. */
  const heardAt = ref<number | null>(null)
  let memory: Promise<Shelf<Known>> | null = null
  let box: Outbox | null = null
  let known = new Set<Id>()

  const unit = computed(() => page.value?.unit ?? null)
  const onDuty = computed(() => unit.value !== null)
  const certified = computed(() => unit.value?.crew.filter((member) => member.certified).length ?? 0)
  const missing = computed(() => Math.max(0, MIN_CREW - certified.value))
  const waiting = computed(() => items.value.filter(mayGo))
  const tasks = computed((): Task[] =>
    (page.value?.assignments ?? []).map((assignment) => ({
      ...assignment,
      seen: project(assignment, saidOf(assignment.id)),
    })),
  )
  const task = computed(() => tasks.value.find(({ id }) => id === chosenId.value) ?? tasks.value[0] ?? null)

  function saidOf(id: Id): AssignmentReport[] {
    return waiting.value.flatMap((item) =>
      item.kind === 'status' && item.assignmentId === id ? [item.body.state] : [],
    )
  }

  async function load(): Promise<void> {
    loading.value = page.value === null
    try {
      await met()
      accept(await field.page())
    } catch (cause) {
      error.value = cause
    } finally {
      loading.value = false
    }
  }

  /**
   * Whom this phone only remembered shows the server who they are. Raises ApiError; where it is
   * somebody else the page begins anew, and their words wait for them.
   */
  async function met(): Promise<void> {
    if (session.recalled) await session.load()
    if (session.me?.id === owner) return
    window.location.reload()
    throw new ApiError({ status: 401, code: 'not_signed_in', message: '' })
  }

  async function recall(): Promise<void> {
    const last = await lastKnown(await remembered(), Date.now())
    if (!last || last.owner !== owner || page.value) return
    page.value = last.page
    heardAt.value = last.at
    config.codes ??= last.codes
    known = new Set(last.page.assignments.map(({ id }) => id))
  }

  async function remember(): Promise<void> {
    if (!session.me || !page.value || heardAt.value === null) return
    await keepKnown(await remembered(), session.me, page.value, config.codes, heardAt.value)
  }

  function remembered(): Promise<Shelf<Known>> {
    memory ??= openShelf<Known>('known').catch(() => pageShelf<Known>())
    return memory
  }

  function accept(next: FieldPage): void {
    const fresh = next.assignments.filter(({ id, state }) => state === 'ISSUED' && !known.has(id))
    if (fresh.length) {
      chosenId.value = fresh[0]?.id ?? null
      navigator.vibrate?.([400, 150, 400, 150, 400])
    }
    known = new Set(next.assignments.map(({ id }) => id))
    page.value = next
    heardAt.value = Date.now()
    error.value = null
    void remember()
  }

  async function send(item: Item): Promise<Missed | null> {
    await met()
    if (item.kind === 'status') {
      const answer = await field.report(item.assignmentId, { ...item.body, key: item.id })
      accept(answer)
      return answer.missed ?? null
    }
    if (item.kind === 'inspection') await sendInspection(item)
    else if (item.kind === 'photo') await field.photo(item.assignmentId, item.file, item.name)
    else await field.sos(item.body)
    return null
  }

  async function sendInspection({
    id,
    assignmentId,
    body,
    signatures,
    files,
  }: InspectionItem): Promise<void> {
    const upload = async (file: Blob, name: string) => (await field.photo(assignmentId, file, name)).id
    const signed = []
    for (const { role, name, image } of signatures) {
      signed.push({ role, name, attachment_id: await upload(image, `${role}.png`) })
    }
    const attached = []
    for (const { name, file } of files) attached.push(await upload(file, name))
    await field.fileInspection(assignmentId, {
      ...body,
      key: id,
      signatures: signed,
      attachment_ids: attached,
    })
    await forgetDraft(owner, assignmentId)
  }

  /** The draft stays until the server has the record: a refused one can be mended. */
  async function inspected(draft: Draft): Promise<void> {
    const { assignmentId, typed, replacesId, signatures, files } = plain(draft)
    const device_time = new Date().toISOString()
    const body = { ...typed, ended_at: device_time, device_time, replaces_id: replacesId }
    await box?.add({ id: uuid(), kind: 'inspection', assignmentId, body, signatures, files })
  }

  function report(assignmentId: Id, state: AssignmentReport, saying: Saying = {}): void {
    const body = { state, ...saying, device_time: new Date().toISOString() }
    void box?.add({ id: uuid(), kind: 'status', assignmentId, body })
  }

  function photo(assignmentId: Id, file: File): void {
    void box?.add({ id: uuid(), kind: 'photo', assignmentId, name: file.name || 'photo.jpg', file })
  }

  function sos(at: { lat: number; lon: number } | null): void {
    const body = { lat: at?.lat ?? null, lon: at?.lon ?? null, at: new Date().toISOString() }
    void box?.add({ id: uuid(), kind: 'sos', body })
  }

  /** The crew is not where its track says; without network it is simply left. Raises ApiError. */
  async function dismiss(assignmentId: Id, proposalId: Id): Promise<void> {
    accept(await field.dismissProposal(assignmentId, proposalId))
  }

  /** Duty begins and ends only with the server's word: it decides who may be sent. Raises ApiError. */
  const signOn = async (unitId: Id): Promise<void> => accept(await field.signOn(unitId))
  const signOff = async (): Promise<void> => accept(await field.signOff())

  const retry = (): void => void box?.flush()
  const forget = (id: string): void => void box?.dismiss(id)

  async function openBox(): Promise<void> {
    const shelf = await openShelf<Item>('outbox').catch(() => {
      durable.value = false
      return pageShelf<Item>()
    })
    if (owner === undefined) return
    box = new Outbox({ shelf, owner, send, changed: (now) => (items.value = now), reason: explain })
    await box.open()
  }

  function onLine(): void {
    online.value = navigator.onLine
    if (!online.value) return
    retry()
    refresh()
  }

  const refresh = gather(load, 200)
  const poll = setInterval(() => {
    if (!document.hidden) refresh()
  }, POLL_MS)
  const stop = [
    realtime.on('changed', ({ kind }) => {
      if (NEWS.has(kind)) refresh()
    }),
    realtime.on('snapshot', () => {
      refresh()
      retry()
    }),
  ]

  onMounted(() => {
    window.addEventListener('online', onLine)
    window.addEventListener('offline', onLine)
    document.addEventListener('visibilitychange', refresh)
    void recall().then(load)
    void openBox()
  })
  onBeforeUnmount(() => {
    clearInterval(poll)
    box?.close()
    stop.forEach((off) => off())
    window.removeEventListener('online', onLine)
    window.removeEventListener('offline', onLine)
    document.removeEventListener('visibilitychange', refresh)
  })

  return {
    page,
    error,
    loading,
    items,
    waiting,
    durable,
    online,
    heardAt,
    unit,
    onDuty,
    certified,
    missing,
    tasks,
    task,
    chosenId,
    load,
    report,
    photo,
    inspected,
    sos,
    signOn,
    signOff,
    retry,
    forget,
    dismiss,
  }
}

export type FieldDesk = ReturnType<typeof useField>
