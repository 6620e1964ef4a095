import type { FeatureCollection } from 'geojson'
import { apiUrl, del, get, post, postForBlob, postForFile, put, upload } from './client'
import type * as T from './types'

/** Every verb of the server by name; one place to look, one place to change. */
export const session = {
  me: () => get<T.Me>('/session'),
  signIn: (account: string, password: string) => post<T.Me | T.Challenged>('/session', { account, password }),
  second: (code: string, trust: boolean) => post<T.Me>('/session/second', { code, trust }),
  confirm: (proof: T.Proof) => post<T.Me>('/session/confirm', proof),
  signOut: () => del<undefined>('/session'),
}

export const directory = {
  config: () => get<T.Config>('/config'),
  codes: () => get<T.Codes>('/codes'),
  organisations: () => get<T.Organisation[]>('/organisations'),
  users: (role?: string) => get<T.User[]>('/users', { role }),
}

/** When a case falls due; `likely` will probably be missed this week. */
export const DUES = ['late', 'today', 'tomorrow', 'week', 'likely'] as const
export type Due = (typeof DUES)[number]
export type Outlook = Record<Due, number>

export interface CaseFilter {
  view?: 'queue' | 'mine' | 'all'
  kind?: string
  state?: string
  q?: string
  unplaced?: 1
  due?: Due
  limit?: number
  cursor?: string | null
}

export const cases = {
  list: (filter: CaseFilter, signal?: AbortSignal) =>
    get<T.Page<T.CaseSummary>>('/cases', { ...filter }, signal),
  outlook: () => get<Outlook>('/cases/outlook'),
  onMap: (bbox: readonly number[]) => get<T.CaseMapItem[]>('/cases/map', { bbox: bbox.join(',') }),
  one: (id: T.Id) => get<T.CaseDetail>(`/cases/${id}`),
  similar: (query: Record<string, string | number | null | undefined>, signal?: AbortSignal) =>
    get<T.LikeCase[]>('/cases/similar', query, signal),
  /** The open cases that hang together with this one, itself among them. */
  cluster: (id: T.Id) => get<T.LikeCase[]>(`/cases/${id}/cluster`),
  submit: (body: T.Submission) => post<{ cases: T.SubmittedCase[] }>('/submissions', body),
  proposeUrgency: (body: {
    text: string
    persons_affected: number | null
    triggers: string[]
    amount: number | null
    subject: { business_id: T.Id | null; name: string }
  }) => post<T.UrgencyProposal>('/urgency-proposal', body),
  place: (id: T.Id, body: Omit<T.SubmissionPlace, 'confirmed'>) =>
    put<T.CaseDetail>(`/cases/${id}/place`, body),
  facts: (id: T.Id, dispatch_facts: string) => put<T.CaseDetail>(`/cases/${id}/facts`, { dispatch_facts }),
  urgency: (id: T.Id, level: T.Urgency, reason: string) =>
    post<T.CaseDetail>(`/cases/${id}/urgency`, { level, reason }),
  escalate: (id: T.Id, level: T.Urgency, reason: string) =>
    post<T.CaseDetail>(`/cases/${id}/escalate`, { level, reason }),
  route: (id: T.Id, organisation_id: T.Id, note: string) =>
    post<T.CaseDetail>(`/cases/${id}/route`, { organisation_id, note }),
  act: (id: T.Id, action: string, version: number, data: Record<string, unknown>) =>
    post<T.CaseDetail>(`/cases/${id}/actions/${action}`, { ...data, version }),
  clearFile: (attachmentId: T.Id, said: T.Clearance) =>
    post<T.CaseDetail>(`/attachments/${attachmentId}/clearance`, said),
  reveal: (id: T.Id, reason_code: string, note: string) =>
    post<T.Identity>(`/cases/${id}/identity`, { reason_code, note }),
  identity: (id: T.Id) => get<T.Identity>(`/cases/${id}/identity`),
  original: (attachmentId: T.Id, reason_code: string) =>
    postForBlob(`/attachments/${attachmentId}/original`, { reason_code }),
  hear: (id: T.Id, reason_code: string) => postForBlob(`/recordings/${id}/hear`, { reason_code }),
  recommendation: (id: T.Id) => get<T.Recommendation>(`/cases/${id}/recommendation`),
}

/** Numbers of people travel in bodies, never in addresses. */
export const callers = {
  show: (number: string, signal?: AbortSignal) =>
    post<{ cases: T.CallerCase[] }>('/callers', { number }, signal),
  report: (case_no: string, query_code: string) =>
    post<T.PublicStatus>('/callers/report', { case_no, query_code }),
}

export const open = {
  submit: (body: T.PublicSubmission) => post<{ receipts: T.Receipt[] }>('/public/submissions', body),
  query: (case_no: string, query_code: string) =>
    post<T.PublicStatus>('/public/query', { case_no, query_code }),
}

type Found = T.Candidate | T.Unplaced
export const isPlaced = (found: Found): found is T.Candidate => found.lat !== null && found.lon !== null

const find = (q: string, signal?: AbortSignal) => get<{ candidates: Found[] }>('/maps/geocode', { q }, signal)

export const maps = {
  /** Every candidate, those without a point too. */
  find,
  /** Only candidates that have a point. */
  geocode: async (q: string) => ({ candidates: (await find(q)).candidates.filter(isPlaced) }),
  /** The same, for a search that a person pressed: online sources may be asked too. */
  search: async (q: string) => {
    const { candidates } = await get<{ candidates: Found[] }>('/maps/geocode', { q, online: 'true' })
    return { candidates: candidates.filter(isPlaced) }
  },
  business: (id: T.Id) => get<T.Business>(`/maps/businesses/${id}`),
  regions: () => get<FeatureCollection>('/maps/regions'),
  answers: () => get<{ items: T.AnswerCount[] }>('/maps/answers'),
}

export const units = {
  all: () => get<T.Unit[]>('/units'),
  setState: (id: T.Id, state: T.UnitState, reason: string) =>
    post<T.Unit>(`/units/${id}/state`, { state, reason }),
  setEquipment: (id: T.Id, equipment: readonly string[]) =>
    post<T.Unit>(`/units/${id}/equipment`, { equipment }),
  trail: (id: T.Id, minutes = 30) => get<[number, number, number][]>(`/units/${id}/trail`, { minutes }),
  /** An old track, at most a day of it: only for a reason, which is kept. */
  track: (id: T.Id, body: T.TrackRequest) => post<[number, number, number][]>(`/units/${id}/track`, body),
  trackFile: (id: T.Id, format: TrackFormat, body: T.TrackRequest) =>
    postForFile(`/units/${id}/track/export`, { ...body, format }),
  day: (id: T.Id, date: string) => get<T.UnitDay>(`/units/${id}/day`, { date }),
  /** The same with the places where it stood: only for a reason, which is kept. */
  dayWithPlaces: (id: T.Id, body: { date: string; reason_code: string; note: string }) =>
    post<T.UnitDay>(`/units/${id}/day`, body),
}

export const plans = {
  joint: (caseIds: readonly T.Id[]) => post<T.JointPlan>('/recommendation/joint', { case_ids: caseIds }),
  accuracy: (days: number) => get<T.Accuracy[]>('/recommendation/accuracy', { days }),
}

export type TrackFormat = 'gpx' | 'geojson'

/** The board as it stood. */
export const past = {
  begin: (body: T.TrackRequest) => post<T.Playback>('/console/playbacks', body),
  board: (at: string, playback: T.Id | null, signal?: AbortSignal) =>
    get<T.PastBoard>('/console/board', { at, playback }, signal),
  ways: (from: string, to: string, playback: T.Id) =>
    get<T.PastWays>('/console/board/tracks', { from, to, playback }),
  file: (from: string, to: string, playback: T.Id) =>
    postForFile('/console/board/export', { from, to, playback }),
}

export const alarms = {
  all: () => get<T.Alarm[]>('/alarms'),
  take: (id: T.Id) => post<T.Alarm>(`/alarms/${id}/take`),
  resolve: (id: T.Id, note: string) => post<T.Alarm>(`/alarms/${id}/resolve`, { note }),
}

export const orders = {
  preview: (draft: T.OrderDraft) => post<T.OrderPreview>('/orders/preview', draft),
  issue: (order: T.OrderIssue) => post<T.Order>('/orders', order),
  list: (query: { open?: 1; case_id?: T.Id }) => get<T.OrderSummary[]>('/orders', query),
  one: (id: T.Id) => get<T.Order>(`/orders/${id}`),
  texts: (id: T.Id) => get<T.PreviewRecipient[]>(`/orders/${id}/texts`),
  /** What people typed into a waiting order that seems to lead to somebody. */
  words: (id: T.Id) => get<T.TypedWords[]>(`/orders/${id}/words`),
  approve: (id: T.Id, confirmed: T.ConfirmedHit[] = []) =>
    post<T.Order>(`/orders/${id}/approve`, { confirmed }),
  refuse: (id: T.Id, reason: string) => post<T.Order>(`/orders/${id}/refuse`, { reason }),
  confirm: (id: T.Id) => post<T.Order>(`/orders/${id}/confirm`),
  cancel: (id: T.Id, reason: string, confirmed: T.ConfirmedHit[] = []) =>
    post<T.Order>(`/orders/${id}/cancel`, { reason, confirmed }),
  report: (assignmentId: T.Id, status: T.AssignmentStatus) =>
    post<T.Order>(`/assignments/${assignmentId}/status`, status),
  dismissProposal: (assignmentId: T.Id, proposalId: T.Id) =>
    post<T.Order>(`/assignments/${assignmentId}/proposals/${proposalId}/dismiss`),
  resend: (deliveryId: T.Id, reason: string) =>
    post<T.Delivery>(`/deliveries/${deliveryId}/resend`, { reason }),
  cancelDelivery: (deliveryId: T.Id) => post<T.Delivery>(`/deliveries/${deliveryId}/cancel`),
  release: (deliveryId: T.Id, confirmed_with: string) =>
    post<T.Delivery>(`/deliveries/${deliveryId}/release`, { confirmed_with }),
  /** Takes up the steps that were missed in an outage. */
  resume: (id: T.Id) => post<T.Order>(`/orders/${id}/escalation/resume`),
  /** A person has it in hand: no more steps. */
  halt: (id: T.Id, reason: string) => post<T.Order>(`/orders/${id}/escalation/halt`, { reason }),
  reinforce: (id: T.Id, unit_ids: T.Id[], reason: string) =>
    post<T.Order>(`/orders/${id}/reinforce`, { unit_ids, reason }),
  reassign: (assignmentId: T.Id, unit_id: T.Id, reason: string) =>
    post<T.Order>(`/assignments/${assignmentId}/reassign`, { unit_id, reason }),
  /** When its faxes and calls that wait should be over. */
  outlook: (id: T.Id) => get<T.Outlook>(`/orders/${id}/outlook`),
  ledger: (id: T.Id) => get<T.Ledger>(`/orders/${id}/ledger`),
  ledgerSheet: (id: T.Id) => apiUrl(`/orders/${id}/ledger.pdf`),
}

/** What follows while nobody has taken an order. */
export const outbound = {
  read: () => get<T.Outbound>('/outbound'),
  pause: (reason: string) => post<T.Outbound>('/outbound/pause', { reason }),
  resume: () => post<T.Outbound>('/outbound/resume'),
}

export const conferences = {
  ofCase: (caseId: T.Id) => get<T.Conference[]>(`/cases/${caseId}/conferences`),
  choices: (caseId: T.Id) => get<T.ConferenceChoices>(`/cases/${caseId}/conferences/choices`),
  one: (id: T.Id) => get<T.Conference>(`/conferences/${id}`),
  start: (caseId: T.Id, leader_id: T.Id | null, with_caller: boolean) =>
    post<T.Conference>(`/cases/${caseId}/conferences`, { leader_id, with_caller }),
  callIn: (id: T.Id, user_id: T.Id, takes_over: boolean) =>
    post<T.Conference>(`/conferences/${id}/parties`, { user_id, takes_over }),
  callCaller: (id: T.Id) => post<T.Conference>(`/conferences/${id}/caller`),
  /** An informant's word that others may hear them, written down. */
  consent: (id: T.Id, reason: string) => post<T.Conference>(`/conferences/${id}/consent`, { reason }),
  drop: (id: T.Id, partyId: T.Id) => post<T.Conference>(`/conferences/${id}/parties/${partyId}/drop`),
  end: (id: T.Id) => post<T.Conference>(`/conferences/${id}/end`),
  decide: (
    id: T.Id,
    said: { decision: T.Verdict; words: string; leader_id: T.Id | null; order_id: T.Id | null },
  ) => post<T.Conference>(`/conferences/${id}/decision`, said),
  confirm: (id: T.Id) => post<T.Conference>(`/conferences/${id}/confirm`),
}

export const drill = {
  read: () => get<T.DrillBoard>('/drill'),
  begin: () => post<T.DrillBoard>('/drill'),
  stop: () => post<T.DrillBoard>('/drill/stop'),
}

export const policies = {
  all: () => get<T.Policies>('/policies'),
  write: (draft: T.PolicyDraft) => put<T.PolicyVersion>('/policies', draft),
  sign: (id: T.Id) => post<T.PolicyVersion>(`/policies/${id}/sign`),
}

export const inbound = {
  open: () => get<T.Inbound[]>('/inbound', { open: 1 }),
  settle: (id: T.Id, body: { assignment_id: T.Id | null; state: T.AssignmentReport | null; note: string }) =>
    post<T.Inbound>(`/inbound/${id}/settle`, body),
  pages: ({ id, attachment_id }: T.Inbound) =>
    apiUrl(attachment_id ? `/attachments/${attachment_id}` : `/inbound/${id}/pages`),
}

export const strangers = {
  texts: () => get<T.StrangerText[]>('/strangers/texts'),
  settle: (id: T.Id, note: string) => post<T.StrangerText>(`/strangers/texts/${id}/settle`, { note }),
  pages: (id: T.Id) => apiUrl(`/strangers/texts/${id}/pages`),
}

export const field = {
  page: () => get<T.FieldPage>('/field'),
  signOn: (unit_id: T.Id) => post<T.FieldPage>('/field/sign-on', { unit_id }),
  signOff: () => post<T.FieldPage>('/field/sign-off'),
  report: (assignmentId: T.Id, status: T.AssignmentStatus & { device_time: T.Instant; key: string }) =>
    post<T.FieldPage>(`/field/assignments/${assignmentId}/status`, status),
  dismissProposal: (assignmentId: T.Id, proposalId: T.Id) =>
    post<T.FieldPage>(`/field/assignments/${assignmentId}/proposals/${proposalId}/dismiss`),
  photo: (assignmentId: T.Id, file: Blob, name: string) =>
    upload<T.Attachment>(`/field/assignments/${assignmentId}/photos`, file, name),
  inspections: (assignmentId: T.Id) =>
    get<{ inspections: T.Inspection[] }>(`/field/assignments/${assignmentId}/inspections`),
  fileInspection: (assignmentId: T.Id, record: T.InspectionBody) =>
    post<T.Inspection>(`/field/assignments/${assignmentId}/inspections`, record),
  position: (fix: T.PhoneFix) => post<undefined>('/field/position', fix),
  sos: (at: { lat: number | null; lon: number | null; at: T.Instant }) => post<T.Alarm>('/field/sos', at),
}

export interface AuditFilter {
  actor_id?: T.Id | null
  group?: string
  object_no?: string
  since?: string
  until?: string
}

export const audit = {
  search: (filter: AuditFilter, cursor: string | null = null, limit = 50) =>
    get<T.Page<T.AuditEntry>>('/audit', { ...filter, cursor, limit }),
  state: () => get<T.AuditState>('/audit/state'),
  check: () => post<T.AuditCheck>('/audit/checks'),
  sheet: (filter: AuditFilter, lang: string) => apiUrl('/audit/export.csv', { ...filter, lang }),
}

export const insight = {
  indicators: (days = 30, region?: string) =>
    get<{ items: T.Indicator[]; as_of: T.Instant }>('/insight/indicators', { days, region }),
  regions: (days = 30) => get<T.RegionCount[]>('/insight/regions', { days }),
  trend: (days = 30) => get<T.TrendDay[]>('/insight/trend', { days }),
}
