import { computed, reactive, ref, shallowRef } from 'vue'
import { orders } from '@/api/endpoints'
import { isApiError } from '@/api/errors'
import { anyOpen, anyRefused, confirmedOf, toggled as flipped } from '@/lib/hits'
import { uuid } from '@/lib/uuid'
import type { DispatchChannel, Id, Order, OrderDraft, OrderKind, OrderPreview } from '@/api/types'
import { ALL_CHANNELS } from './commandLine'

/**
 * `choosing` whom and how → `asking` the server for the words → `reading` exactly what will go out
 * → `sending`. Nothing is ever shown as sent before the server says so.
 */
export type Phase = 'choosing' | 'asking' | 'reading' | 'sending'

export interface Oral {
  approverId: Id | null
  minutesAgo: number
}

type Api = Pick<typeof orders, 'preview' | 'issue'>

/** One order in the making. Every change of mind takes the preview away: it would lie. */
export function useComposer(
  api: Api = orders,
  now: () => number = Date.now,
  offered: () => readonly DispatchChannel[] = () => ALL_CHANNELS,
) {
  const caseId = ref<Id | null>(null)
  const chosen = reactive({
    unitIds: [] as Id[],
    branchIds: [] as Id[],
    channels: [...offered()],
    kind: 'inspect' as OrderKind,
    closed: null as boolean | null,
    note: '',
  })
  const phase = ref<Phase>('choosing')
  const preview = shallowRef<OrderPreview | null>(null)
  const error = shallowRef<unknown>(null)
  const overrideReason = ref('')
  /** Null: the commander approves on line. */
  const oral = ref<Oral | null>(null)
  /** The call in which a leader approved; it stands before what the dispatcher remembers. */
  const byCall = ref<Id | null>(null)
  /** The server asked why this choice and not the one it proposed. */
  const reasonAsked = ref(false)
  /** Keys of the hits in the words that the dispatcher has looked at and lets leave. */
  const accepted = shallowRef<ReadonlySet<string>>(new Set())
  /** What the policy has an order of this case leave by at once; every channel until that is known. */
  let usual: readonly DispatchChannel[] = offered()
  let channelsChosen = false
  let key = ''
  let question = 0

  const anyTarget = computed(() => chosen.unitIds.length + chosen.branchIds.length > 0)
  const canAsk = computed(() => phase.value === 'choosing' && anyTarget.value && chosen.channels.length > 0)
  const anyDeliverable = computed(() => preview.value?.recipients.some((r) => !r.blocked) ?? false)
  const lacks = computed((): 'recipients' | 'forbidden' | 'words' | 'reason' | 'approver' | null => {
    if (!anyDeliverable.value) return 'recipients'
    if (anyRefused(preview.value?.words ?? [])) return 'forbidden'
    if (anyOpen(preview.value?.words ?? [], accepted.value)) return 'words'
    if (reasonAsked.value && !overrideReason.value.trim()) return 'reason'
    if (preview.value?.needs_approval && oral.value && oral.value.approverId === null) return 'approver'
    return null
  })
  const canSend = computed(() => phase.value === 'reading' && lacks.value === null)
  const waitsForApproval = computed(() =>
    Boolean(preview.value?.needs_approval && !oral.value && byCall.value === null),
  )

  function begin(id: Id | null, kind: OrderKind = 'inspect'): void {
    if (id !== caseId.value) usual = offered()
    caseId.value = id
    channelsChosen = false
    Object.assign(chosen, {
      unitIds: [],
      branchIds: [],
      channels: [...usual],
      kind,
      closed: null,
      note: '',
    })
    overrideReason.value = ''
    oral.value = byCall.value = null
    accepted.value = new Set()
    back()
  }

  /** Back to choosing; an answer still on its way is not waited for. */
  function back(): void {
    question += 1
    phase.value = 'choosing'
    preview.value = null
    error.value = null
    reasonAsked.value = false
  }

  /** The policy's channels, unless the dispatcher has chosen or reads the words already. */
  function usually(channels: readonly DispatchChannel[]): void {
    usual = offered().filter((channel) => channels.includes(channel))
    if (!channelsChosen && phase.value === 'choosing') chosen.channels = [...usual]
  }

  function change(part: Partial<typeof chosen>): void {
    if (phase.value === 'sending') return
    if (part.channels) channelsChosen = true
    Object.assign(chosen, part)
    back()
  }

  const toggleUnit = (id: Id) => change({ unitIds: toggled(chosen.unitIds, id) })
  const toggleBranch = (id: Id) => change({ branchIds: toggled(chosen.branchIds, id) })
  /** By this number: the branch becomes a recipient, its channel one of the order's. */
  const callBranch = (id: Id, channel: DispatchChannel) =>
    change({
      branchIds: [...new Set([...chosen.branchIds, id])],
      channels: offered().filter((one) => one === channel || chosen.channels.includes(one)),
    })
  const toggleChannel = (channel: DispatchChannel) => {
    const next = toggled(chosen.channels, channel)
    change({ channels: offered().filter((c) => next.includes(c)) })
  }

  function draft(): OrderDraft {
    const { unitIds, branchIds, channels, kind, closed, note } = chosen
    return {
      case_id: caseId.value as Id,
      unit_ids: [...unitIds],
      branch_ids: [...branchIds],
      channels: [...channels],
      kind,
      closed,
      note: note.trim(),
    }
  }

  async function ask(): Promise<void> {
    if (!canAsk.value || caseId.value === null) return
    const mine = (question += 1)
    phase.value = 'asking'
    error.value = null
    try {
      const answer = await api.preview(draft())
      if (mine !== question) return
      preview.value = answer
      reasonAsked.value = answer.warnings.some((w) => asksReason(w.code))
      key = uuid()
      phase.value = 'reading'
    } catch (cause) {
      if (mine !== question) return
      error.value = cause
      phase.value = 'choosing'
    }
  }

  /**
   * Gives the order as the server made it, or null when it did not go; `error` then says why.
   * Sent again after a silence, the same key makes it the same order.
   */
  async function send(): Promise<Order | null> {
    if (!canSend.value) return null
    phase.value = 'sending'
    error.value = null
    try {
      const order = await api.issue({
        ...draft(),
        idempotency_key: key,
        override_reason: overrideReason.value.trim() || null,
        confirmed: confirmedOf(preview.value?.words ?? [], accepted.value),
        approval: approval(),
      })
      begin(caseId.value, chosen.kind)
      return order
    } catch (cause) {
      error.value = cause
      if (isApiError(cause) && (cause.field === 'override_reason' || asksReason(cause.code)))
        reasonAsked.value = true
      phase.value = 'reading'
      return null
    }
  }

  function toggleHit(hit: string): void {
    accepted.value = flipped(accepted.value, hit)
  }

  function approval() {
    if (!preview.value?.needs_approval) return null
    if (byCall.value !== null) return { mode: 'call' as const, conference_id: byCall.value }
    if (!oral.value || oral.value.approverId === null) return null
    const at = new Date(now() - oral.value.minutesAgo * 60_000).toISOString()
    return { mode: 'oral' as const, approver_id: oral.value.approverId, at }
  }

  return {
    caseId,
    chosen,
    phase,
    preview,
    error,
    overrideReason,
    oral,
    byCall,
    reasonAsked,
    accepted,
    anyTarget,
    canAsk,
    canSend,
    lacks,
    waitsForApproval,
    begin,
    usually,
    back,
    change,
    toggleUnit,
    toggleBranch,
    callBranch,
    toggleChannel,
    toggleHit,
    ask,
    send,
  }
}

export type Composer = ReturnType<typeof useComposer>

function asksReason(code: string): boolean {
  return code.includes('override') || code.includes('reason_required') || code.includes('needs_reason')
}

function toggled<T>(list: readonly T[], item: T): T[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item]
}
