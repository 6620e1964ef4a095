/** Shapes of /api/v1. Times are ISO-8601 UTC strings with Z; ids are integers. */

export type Id = number
export type Instant = string

export type Kind = 'TS' | 'JB' | 'ZX'
export type Urgency = 0 | 1 | 2 | 3
export type Light = 'green' | 'yellow' | 'red' | 'black' | 'none'
export type PlaceLevel =
  'door' | 'point' | 'crossing' | 'landmark' | 'near' | 'street' | 'district' | 'unknown'
export type Rung = 'DISP' | 'SHIFT' | 'CMD' | 'DEPUTY' | 'HEAD'
export type DispatchChannel = 'sms' | 'fax' | 'app' | 'vehicle' | 'voice'
export type IntakeChannel = 'phone' | 'fax' | 'letter' | 'sms' | 'web' | 'visit'

export interface Problem {
  status: number
  code: string
  message: string
  field?: string | null
  params?: Record<string, unknown> | null
}

export interface OrganisationRef {
  id: Id
  name: string
}

export interface Organisation extends OrganisationRef {
  parent_id: Id | null
  kind: 'bureau' | 'sub_bureau' | 'branch' | 'section' | 'station'
  phone: string | null
  fax: string | null
  region_code: string | null
  lon: number | null
  lat: number | null
}

export interface Me {
  id: Id
  account: string
  name: string
  roles: string[]
  permissions: string[]
  organisation: { id: Id; name: string; kind: string; path: string } | null
  csrf: string
  /** What comes before anything else: choosing a password, enrolling a second factor. */
  must: ('password' | 'second_factor')[]
  has_second_factor: boolean
}

/** The password was right; a code has to follow. */
export interface Challenged {
  second: string[]
  expires_in: number
  may_trust: boolean
}

export type Proof = { password: string } | { code: string }

export interface DemoAccount {
  account: string
  password: string
  name: string
  role: string
}

export interface Config {
  mode: 'demo' | 'production'
  timezone: string
  hotlines: string[]
  /** By which an order may leave here. */
  channels: DispatchChannel[]
  region_code: string
  map: { lon: number; lat: number; zoom: number }
  /** How soon a supervision order of level 1, 2 and 3 is answered. */
  supervision: { sign_hours: number; reply_days: number }[]
  demo_accounts?: DemoAccount[]
  /** The bureau's identity provider, where there is one. */
  provider: { label: string } | null
  /** For how long a trusted desk is asked for no code; 0 where none is trusted. */
  trusted_device_days: number
}

export interface User {
  id: Id
  name: string
  account?: string
  roles: string[]
  organisation: OrganisationRef | null
}

export interface Code {
  code: string
  zh: string
  en: string
}
export interface TriggerCode extends Code {
  level: Urgency
}
export interface Codes {
  reject_reasons: Code[]
  terminate_reasons: Code[]
  return_reasons: Code[]
  urgency_triggers: TriggerCode[]
  channels: Code[]
  demands: Code[]
  problems: Code[]
  violations: Code[]
  results: Code[]
  objects: Code[]
  reveal_reasons: Code[]
  track_reasons: Code[]
  transfer_agencies: Code[]
  equipment: Code[]
  pause_grounds: Code[]
  emergency_grades: Code[]
  limits: Code[]
}

export interface Subject {
  id: Id | null
  business_id?: Id | null
  name: string
  address: string | null
  credit_code: string | null
  phone: string | null
}

export interface Place {
  lat: number
  lon: number
  level: PlaceLevel
  confidence: number | null
  confirmed: boolean
  text?: string
}

export type LikeReason = 'subject' | 'place' | 'category' | 'text' | 'phone'

/** Open cases that one visit may settle; the gravest urgency and the tightest light of them. */
export interface ClusterRef {
  id: Id
  /** The most pressing of them. */
  lead_id: Id
  size: number
  reason: LikeReason
  urgency: Urgency
  light: Light
}

export interface CaseSummary {
  id: Id
  case_no: string
  kind: Kind
  state: string
  urgency: Urgency
  urgency_reason: string | null
  subject: Subject | null
  organisation: OrganisationRef | null
  place: Place | null
  region_code: string | null
  channel: string
  hotline: string | null
  received_at: Instant
  due_at: Instant | null
  light: Light
  map_status?: string
  disposition?: string
  open_orders: number
  alarm_id: Id | null
  version: number
  cluster: ClusterRef | null
}

/** A case, and why it belongs to the one that was asked about. */
export interface LikeCase extends CaseSummary {
  reasons: LikeReason[]
}

export interface Person {
  name: string | null
  phone: string | null
  address: string | null
  masked: boolean
}

export interface Pause {
  first: string
  last: string
  ground: string
  evidence: string
  name: string
  at: Instant
  /** The ends that it had before. */
  moved: { last: string; evidence: string; name: string; at: Instant }[]
  /** It had been entered wrongly: its days count. */
  taken_back: { reason: string; name: string; at: Instant } | null
}

export interface Deadline {
  rule: string
  started_at: Instant
  due_at: Instant
  met_at: Instant | null
  light: Light
  /** Counted without a published work calendar. */
  provisional?: boolean
  /** How it was counted; the first names article and limit. */
  steps: { zh: string; en: string }[]
  unit: 'wd' | 'd' | 'h'
  /** Days not counted, both ends included. */
  pauses: Pause[]
  extensions: {
    amount: number
    by: string
    reason: string
    evidence: string
    name: string
    at: Instant
    before: Instant
  }[]
}

export interface TimelineEntry {
  id: Id
  at: Instant
  kind: string
  actor: string | null
  params: Record<string, unknown>
  order_id: Id | null
}

export interface CaseDocument {
  id: Id
  kind: string
  number: string | null
  created_at: Instant
  reply?: string
  replied_at?: Instant | null
}

export interface Attachment {
  id: Id
  name: string
  media_type: string
  size: number
  at: Instant
}

export interface Recording {
  id: Id
  kind: 'call' | 'voice_message' | 'order_call' | 'conference'
  media_type: string
  at: Instant
  /** Cleared words; empty for a report. */
  transcript: string
  may_hear: boolean
  /** Of a call that carried an order: which message of the order it was. */
  delivery_id: Id | null
}

/** A file of a case, and whether it may leave the house. */
export interface CaseFile extends Attachment {
  order_id: Id | null
  metadata_kept: boolean
  cleared_for: string | null
  cleared_by_name: string
  cleared_at: Instant | null
  /** For what the reader may clear it. */
  clearable_for: string[]
  /** What was handed in lies sealed, and the reader may open it. */
  may_open_original: boolean
}

export interface Clearance {
  purpose: string | null
  nothing_identifies: boolean
  metadata_accepted: boolean
}

export interface Approval {
  id: Id
  kind: 'closure' | 'transfer'
  requested_by: string
  requested_at: Instant
  data: Record<string, unknown>
  decided_by: string | null
  decided_at: Instant | null
  verdict: string | null
  reason?: string
}

export interface CaseAction {
  action: string
  needs: string[]
  choices?: keyof Codes | null
  target?: string | null
  article?: string
}

export interface CaseDetail extends CaseSummary {
  sealed_narrative: string | null
  dispatch_facts: string | null
  demands: string[]
  details: Record<string, unknown>
  question: string | null
  answer: string | null
  persons_affected: number | null
  triggers: string[]
  complainant: Person | null
  informant: { given: boolean; real_name: boolean; may_reveal: boolean } | null
  /** Other complaints and consultations with the same phone: how many, never which. */
  same_phone: number
  first_handler: string | null
  registered_by: string | null
  outcome?: Record<string, unknown>
  suggested_organisation?: OrganisationRef | null
  deadlines: Deadline[]
  timeline: TimelineEntry[]
  orders: OrderSummary[]
  documents: CaseDocument[]
  attachments: CaseFile[]
  recordings: Recording[]
  approvals: Approval[]
  actions: CaseAction[]
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface CaseMapItem {
  id: Id
  case_no: string
  kind: Kind
  state: string
  urgency: Urgency
  lat: number
  lon: number
  status: 'new' | 'sent' | 'acked' | 'on_scene' | 'fed_back' | 'closed' | 'referred'
  cluster: ClusterRef | null
}

export interface Identity {
  name: string | null
  phone: string | null
  address: string | null
  id_number: string | null
  id_kind?: string | null
  caller_number?: string | null
  linked_case_no?: string | null
  remote_address?: string | null
  narrative?: string | null
  /** Until then the server gives it again to this session. */
  expires_at: Instant
}

/** A caller's earlier complaint or consultation; the name is masked where it has to be. */
export interface CallerCase {
  id: Id
  case_no: string
  kind: Kind
  state: string
  subject: string
  organisation: string
  received_at: Instant
  closed: boolean
  name: string
}

export interface SubmissionPerson {
  name: string
  phone: string
  address: string
  id_kind: string
  id_number: string
  anonymous: boolean
}

export interface SubmissionSubject {
  business_id: Id | null
  name: string
  credit_code: string
  address: string
  phone: string
  contact: string
}

export interface SubmissionPlace {
  lat: number
  lon: number
  level: PlaceLevel
  confidence: number
  evidence: string[]
  text: string
  confirmed: boolean
  /** What it was looked up by, and whether the first answer to that was another place. */
  asked?: string
  corrected?: boolean
  business_id?: Id | null
}

/** First answers of a month that people kept, and that they put right. */
export interface AnswerCount {
  month: string
  kept: number
  corrected: number
}

export interface Submission {
  idempotency_key: string
  channel: IntakeChannel
  hotline: string | null
  kinds: Kind[]
  person: SubmissionPerson
  caller_number: string
  subject: SubmissionSubject
  place: SubmissionPlace | null
  sealed_narrative: string
  dispatch_facts: string
  report_facts: string
  demands: string[]
  details: Record<string, unknown>
  question: string
  answer: string
  answered: boolean
  persons_affected: number | null
  triggers: string[]
  urgency: Urgency | null
  urgency_reason: string
  consent_public: boolean
  consent_delegate: boolean
  wants_reward: boolean
}

export type PublicSubmission = Omit<Submission, 'urgency' | 'urgency_reason' | 'triggers'> & {
  /** Honeypot: people never see it, so it stays empty. */
  website: string
}

export interface SubmittedCase {
  id: Id
  case_no: string
  kind: Kind
  state: string
  query_code: string
}

export interface Receipt {
  case_no: string
  kind: Kind
  query_code: string
}

export interface PublicStatus {
  case_no: string
  kind: Kind
  state: string
  received_at: Instant
  due_at: Instant | null
  last_change_at: Instant
}

export interface UrgencyProposal {
  level: Urgency
  triggers: { code: string; level: Urgency; why: string }[]
}

export interface Candidate {
  name: string | null
  address: string
  lat: number
  lon: number
  level: PlaceLevel
  confidence: number
  evidence: string[]
  district?: string
  source?: string
  business_id: Id | null
  credit_code: string | null
}

/** A candidate that the registry knows, but not where it is. */
export type Unplaced = Omit<Candidate, 'lat' | 'lon'> & { lat: null; lon: null }

export interface Business {
  id: Id
  name: string
  credit_code: string | null
  address: string
  phone: string | null
  legal_representative: string | null
  scope: string | null
  promises: string | null
  service_standards: string | null
  [key: string]: unknown
}

export type UnitState =
  'OFF_DUTY' | 'FREE' | 'ASSIGNED' | 'EN_ROUTE' | 'ON_SCENE' | 'HANDLING' | 'RETURNING' | 'OUT_OF_SERVICE'

export interface UnitPosition {
  lat: number
  lon: number
  speed_kmh: number | null
  course: number | null
  fixed_at: Instant
  received_at: Instant
}

export interface CrewMember {
  user_id: Id
  name: string
  certified: boolean
}

export interface Unit {
  id: Id
  name: string
  plate: string
  kind: 'vehicle' | 'foot'
  organisation: OrganisationRef | null
  state: UnitState
  state_since: Instant
  equipment: string[]
  crew: CrewMember[]
  position: UnitPosition | null
  assignment: { id: Id; order_id: Id; order_no: string; state: string } | null
  notes: UnitNote[]
}

/** Whom to send where; seconds until somebody stands at the door. */
export interface Pair {
  case_id: Id
  unit_id: Id
  name: string
  seconds: number
}
/** All waiting cases thought of together, and each one's nearest in turn. */
export interface JointPlan {
  joint: Pair[]
  greedy: Pair[]
  gain_seconds: number
}
/** Of so many arrivals: actual minus predicted, seconds. */
export interface Accuracy {
  engine: string
  overridden: boolean
  arrivals: number
  median_error: number
  median_absolute_error: number
  p90_absolute_error: number
}

/** What the track shows besides the place; no alarm. */
export interface UnitNote {
  kind: 'offline' | 'overspeed' | 'moved_without_order'
  at: Instant
  reason: string
  speed_kmh: number | null
  metres: number | null
}

export interface TrackRequest {
  from: Instant
  to: Instant
  reason_code: string
  note: string
}

export interface UnitStop {
  since: Instant
  until: Instant
  /** Null where no reason was given. */
  lon: number | null
  lat: number | null
}

export interface UnitDay {
  unit_id: Id
  name: string
  plate: string
  since: Instant
  until: Instant
  fixes: number
  metres: number
  driving_seconds: number
  max_speed_kmh: number | null
  stops: UnitStop[]
  answers: {
    order_id: Id
    order_no: string
    issued_at: Instant
    acknowledged: number | null
    arrived: number | null
  }[]
}

/** Leave to see where every unit was in a period. */
export interface Playback {
  id: Id
  since: Instant
  until: Instant
  expires_at: Instant
}

export interface PastUnit {
  id: Id
  name: string
  plate: string
  kind: 'vehicle' | 'foot'
  organisation: OrganisationRef
  state: UnitState | null
  crew: CrewMember[]
  order_id: Id | null
  position: Omit<UnitPosition, 'received_at'> | null
}

export interface PastCase {
  id: Id
  case_no: string
  kind: Kind
  urgency: Urgency
  status: CaseMapItem['status']
  subject: string
  place_text: string
  received_at: Instant
  lat: number | null
  lon: number | null
}

export interface PastOrder {
  id: Id
  order_no: string
  case_id: Id
  case_no: string
  urgency: Urgency
  kind: OrderKind
  state: OrderState
  issued_at: Instant | null
  assignments: {
    id: Id
    target_kind: string
    target_id: Id
    target_name: string
    is_copy: boolean
    state: AssignmentState
  }[]
}

export interface PastMessage {
  at: Instant
  order_id: Id
  order_no: string
  case_id: Id
  way: 'out' | 'in'
  channel: string
  who: string
  state: string
}

export interface PastBoard {
  at: Instant
  units: PastUnit[]
  cases: PastCase[]
  orders: PastOrder[]
  messages: PastMessage[]
}

/** [lon, lat, course, km/h, epoch ms] */
export type PastFix = readonly [number, number, number | null, number | null, number]
export type PastWays = [Id, PastFix[]][]

export interface Reason {
  code: string
  params: Record<string, unknown>
}

export interface RecommendedUnit {
  unit_id: Id
  name: string
  rank: number
  travel_seconds: number | null
  distance_m: number | null
  engine: 'road' | 'straight'
  eligible: boolean
  reasons: Reason[]
}

export interface RecommendedBranch {
  organisation_id: Id
  name: string
  phone: string | null
  fax: string | null
  distance_m: number | null
  own_jurisdiction: boolean
  /** Who stands there now, as far as one may read the roster. */
  on_duty: { name: string; phone: string }[]
}

export interface Recommendation {
  engine: 'road' | 'straight'
  /** What the policy has an order leave by at once. */
  channels: DispatchChannel[]
  items: RecommendedUnit[]
  branches: RecommendedBranch[]
}

export type AlarmKind =
  | 'case_escalated'
  | 'ack_overdue'
  | 'depart_overdue'
  | 'arrive_overdue'
  | 'feedback_overdue'
  | 'supervision_unsigned'
  | 'supervision_overdue'
  | 'handover_unsigned'
  | 'overdue_after_outage'
  | 'outbound_paused'
  | 'oral_unconfirmed'
  | 'officer_distress'
  | 'delivery_problem'
  | 'reply_unmatched'
  | 'text_from_stranger'
  | 'approval_pending'
  | 'help_needed'
  | 'desk_wanted'
  | 'order_declined'
  | 'identity_rate'
  | 'identity_outside_chain'
  | 'identity_search'
  | 'identity_words'
  | 'terminal_suspicious'

export interface Alarm {
  id: Id
  kind: AlarmKind
  level: Urgency
  rung: Rung
  reference: { kind: string; id: Id }
  params: Record<string, unknown>
  raised_at: Instant
  climbs_at: Instant | null
  taken_by: string | null
  taken_at: Instant | null
}

export type OrderKind = 'inspect' | 'verify' | 'mediate' | 'assist'
export type OrderState =
  | 'DRAFT'
  | 'PENDING_APPROVAL'
  | 'REFUSED'
  | 'ISSUED'
  | 'ACKED'
  | 'EN_ROUTE'
  | 'ON_SCENE'
  | 'HANDLING'
  | 'FED_BACK'
  | 'CLEARED'
  | 'CANCELLED'
export type AssignmentState =
  'ISSUED' | 'ACKED' | 'EN_ROUTE' | 'ON_SCENE' | 'HANDLING' | 'FED_BACK' | 'CLEARED' | 'CANNOT' | 'CANCELLED'
export type DeliveryState =
  'HELD' | 'QUEUED' | 'SENDING' | 'SENT' | 'DELIVERED' | 'FAILED' | 'UNKNOWN' | 'CANCELLED'

export interface OrderDraft {
  case_id: Id
  unit_ids: Id[]
  branch_ids: Id[]
  channels: DispatchChannel[]
  kind: OrderKind
  closed: boolean | null
  note: string
}

export interface PreviewRecipient {
  target: { kind: 'unit' | 'branch'; id: Id; name: string }
  channel: DispatchChannel
  name: string
  address: string
  text: string
  pages: number | null
  blocked: string | null
  held: string | null
}

/** What a person lets leave: one hit, bound to the words as they are. */
export interface ConfirmedHit {
  field: string
  kind: string
  digest: string
}

/** What seems to lead to somebody, by its place in the text, counted in characters. */
export interface Hit extends ConfirmedHit {
  start: number
  end: number
  /** It may not leave, whoever says so. */
  refused: boolean
}

export interface TypedWords {
  field: string
  text: string
  hits: Hit[]
}

export interface OrderPreview {
  needs_approval: boolean
  closed: boolean
  recipients: PreviewRecipient[]
  warnings: Reason[]
  words: TypedWords[]
  /** What follows while nobody has taken it. */
  policy: Policy
}

export type PolicyAct = 'send' | 'ring' | 'unit' | 'stop'
export type Stage = 'ack' | 'depart' | 'arrive' | 'feedback'
/** Seconds from the issue until each stage. */
export type Limits = Record<Stage, number>

/** One thing that is done `after` so many seconds without an acknowledgement. */
export interface PolicyStep {
  after: number
  act: PolicyAct
  channels: DispatchChannel[]
  reach: 'all' | 'next'
  /** Where one address is tried after the other: seconds between them; 0 leaves it at one. */
  every: number
  rung: Rung | ''
}

export interface PolicyContent {
  /** What the order leaves by at once. */
  channels: DispatchChannel[]
  limits: Limits
  steps: PolicyStep[]
}

/** The house's own has no `id`. */
export interface Policy extends PolicyContent {
  id: Id | null
  urgency: Urgency
  version: number
  /** Whether a commander lets it send another unit by itself. */
  signed: boolean
}

export interface PolicyVersion extends Policy {
  id: Id
  organisation_path: string
  created_at: Instant
  created_by: string
  signed_at: Instant | null
  signed_by: string | null
}

/** The current versions, and what holds where there is none. */
export interface Policies {
  items: PolicyVersion[]
  house: Policy[]
}

export interface PolicyDraft extends PolicyContent {
  organisation_id: Id
  urgency: Urgency
  /** The version that was edited; 0 for none. */
  based_on: number
}

export type CourseState = 'RUNNING' | 'ANSWERED' | 'LATE' | 'EXHAUSTED' | 'STOPPED'
export type StepOutcome =
  'done' | 'nothing_left' | 'taken' | 'proposed' | 'sent_unit' | 'nobody' | 'refused' | 'late' | 'paused'

/** What a step did: to whom it sent, where it rang, which other unit it found. */
export interface StepDetails {
  to: { channel: DispatchChannel; name: string }[]
  rung: Rung | null
  unit_id: Id | null
  name: string | null
  travel_seconds: number | null
  /** Why the unit could not be sent by itself. */
  refused: string | null
}

/** A step that was taken, or missed. */
export interface TakenStep {
  position: number
  act: PolicyAct
  due_at: Instant
  at: Instant
  outcome: StepOutcome
  details: StepDetails
}

/** Where an assignment stands in its order's policy; `position` is the next step's number. */
export interface Course {
  state: CourseState
  position: number
  due_at: Instant | null
  taken: TakenStep[]
}

/** The switch for everything that leaves the house; `waiting` messages have not left. */
export interface Outbound {
  pause: { since: Instant; by: string; reason: string } | null
  waiting: number
  may_switch: boolean
}

export type DrillOutcome = 'waiting' | 'ok' | 'busy' | 'no_answer' | 'dead' | 'unknown' | 'stopped'
/**
 * One address that a drill tried; `seconds` is how long the line took. Of a mobile `person` says whose
 * it is and its number is masked; of the branch's own `person` is empty.
 */
export interface Drilled {
  channel: DispatchChannel
  person: string
  address: string
  outcome: DrillOutcome
  problem: string | null
  seconds: number | null
}
export interface DrilledBranch {
  organisation_id: Id
  name: string
  lat: number | null
  lon: number | null
  calls: Drilled[]
}
export interface Drill {
  id: Id
  began_at: Instant
  by: string
  ended_at: Instant | null
  stopped_by: string | null
  may_stop: boolean
  branches: DrilledBranch[]
}
/** The last drill; what another would try, and why it may not begin now. */
export interface DrillBoard {
  drill: Drill | null
  plan: { channel: DispatchChannel; addresses: number; mobiles: number; words: string }[]
  obstacle: string | null
}

export interface OrderIssue extends OrderDraft {
  idempotency_key: string
  override_reason: string | null
  confirmed: ConfirmedHit[]
  approval: { mode: 'oral'; approver_id: Id; at: Instant } | { mode: 'call'; conference_id: Id } | null
}

export interface OrderSummary {
  id: Id
  order_no: string
  case_id: Id
  case_no: string
  urgency: Urgency
  kind: OrderKind
  state: OrderState
  closed: boolean
  issued_at: Instant | null
  ack_due_at: Instant | null
  targets: string[]
}

export interface Outlook {
  expected: { delivery_id: Id; at: Instant }[]
}

export interface Delivery {
  id: Id
  channel: DispatchChannel
  name: string
  address: string
  text: string
  pages: number | null
  state: DeliveryState
  held: string | null
  queued_at: Instant | null
  sent_at: Instant | null
  delivered_at: Instant | null
  /** `under_way`: the page of a fax that is being sent; 0 while none is. */
  parts: { total: number; confirmed: number; under_way: number } | null
  attempts: number
  problem: string | null
}

export interface Assignment {
  id: Id
  target: { kind: 'unit' | 'branch'; id: Id; name: string }
  code: string
  state: AssignmentState
  ack_due_at: Instant | null
  depart_due_at: Instant | null
  arrive_due_at: Instant | null
  feedback_due_at: Instant | null
  acknowledged_at: Instant | null
  acknowledged_by: string | null
  acknowledged_via: string | null
  /** Who of a branch was first shown it on the desk's page; no acknowledgement. */
  read_at: Instant | null
  read_by: string | null
  en_route_at: Instant | null
  on_scene_at: Instant | null
  fed_back_at: Instant | null
  cannot_reason: string | null
  result_code: string | null
  feedback: string | null
  /** Told for information only: no answer is awaited. */
  is_copy: boolean
  /** What may be reported of it now, the usual next step first. */
  next: AssignmentReport[]
  proposal: Proposal | null
  course: Course | null
  deliveries: Delivery[]
}

export interface Order extends OrderSummary {
  note: string
  issued_by: string | null
  approval: {
    mode: string
    /** Where it was decided by voice; its recording bears the number. */
    conference_id: Id | null
    approver: string | null
    at: Instant | null
    confirmed_at: Instant | null
    confirm_due_at: Instant | null
  } | null
  policy: Policy | null
  assignments: Assignment[]
}

/** One thing that a proof names: `what` it is, and its number, key or moment. */
export interface Named {
  what: string
  value: string
}

/** A message; or an acknowledgement that answered none, `channel` being its way then. */
export interface LedgerRow {
  target: string
  code: string
  is_copy: boolean
  name: string
  address: string
  channel: string
  queued_at: Instant | null
  sent_at: Instant | null
  delivered_at: Instant | null
  acknowledged_at: Instant | null
  state: DeliveryState | ''
  problem: string | null
  attempts: number
  /** What the acknowledgement rests on; `named` are ids of messages, never their words. */
  proof: { via: string; actor: string; report: AssignmentReport; named: Named[] } | null
}

export interface Ledger {
  order_no: string
  case_no: string
  urgency: Urgency
  issued_at: Instant | null
  issued_by: string
  approval: Order['approval']
  rows: LedgerRow[]
}

export interface Reachable {
  id: Id
  name: string
  extension: string
}

/** Who can be called about a case; `extension` is one's own. */
export interface ConferenceChoices {
  ready: boolean
  extension: string
  has_caller: boolean
  /** After which the next leader is called by itself; 0: never. */
  next_leader_seconds: number
  leaders: Reachable[]
  colleagues: Reachable[]
}

export type ConferencePart = 'desk' | 'leader' | 'colleague' | 'caller'
export interface ConferenceParty {
  id: Id
  part: ConferencePart
  user_id: Id | null
  name: string
  takes_over: boolean
  state: 'WAITING' | 'RINGING' | 'JOINED' | 'LEFT' | 'FAILED'
  problem: string | null
  hanging_up: boolean
  /** Of a leader who is called by itself: not before. */
  ring_at: Instant | null
  rang_at: Instant | null
  joined_at: Instant | null
  ended_at: Instant | null
}

export type Verdict = 'approve' | 'refuse' | 'other'
export interface ConferenceDecision {
  decision: Verdict
  words: string
  at: Instant
  by_id: Id
  by: string
  recorded_by: string
  confirm_due_at: Instant | null
  confirmed_at: Instant | null
}

export interface Conference {
  id: Id
  case_id: Id
  case_no: string
  is_report: boolean
  started_by_id: Id
  started_by: string
  started_at: Instant
  ended_at: Instant | null
  consent_at: Instant | null
  consent_by: string | null
  consent_reason: string
  recording: string
  parties: ConferenceParty[]
  decision: ConferenceDecision | null
}

export type AssignmentReport =
  'ACKED' | 'EN_ROUTE' | 'ON_SCENE' | 'HANDLING' | 'NEED_HELP' | 'FED_BACK' | 'CLEARED' | 'CANNOT'

export interface AssignmentStatus {
  state: AssignmentReport
  reason?: string
  text?: string
  result_code?: string | null
  /** What the track proposes, when a person says that it is so. */
  proposal_id?: Id | null
}

/** The unit has stood `metres` from the scene since `since`: for a person to confirm. */
export interface Proposal {
  id: Id
  report: AssignmentReport
  since: Instant
  at: Instant
  metres: number
}

export interface Inbound {
  id: Id
  channel: string
  sender: string
  text: string
  /** Of a fax. */
  pages: number
  received_at: Instant
  why: string
  assignment_id: Id | null
  order_id: Id | null
  order_no: string | null
  /** Where the pages are filed; else they wait with it. */
  attachment_id: Id | null
}

/** A text or fax from a number of nobody's of ours: a citizen's, for those who take submissions. */
export interface StrangerText {
  id: Id
  channel: string
  sender: string
  text: string
  /** Of a fax. */
  pages: number
  received_at: Instant
}

/** The whole brief: the officer's phone is where a closed order may be read. */
export interface FieldOrder {
  id: Id
  order_no: string
  kind: OrderKind
  urgency: Urgency
  closed: boolean
  note: string
  issued_at: Instant | null
  issued_by: string
  targets: string[]
  case_no: string
  case_kind: Kind
  subject_name: string
  subject_address: string
  subject_legal_representative: string
  subject_phone: string
  subject_credit_code: string
  dispatch_facts: string
  demand: string
  lat: number | null
  lon: number | null
}

export interface FieldAssignment {
  id: Id
  order: FieldOrder
  state: AssignmentState
  code: string
  ack_due_at: Instant | null
  next: AssignmentReport[]
  feedback: string | null
  proposal: Proposal | null
}

/** The record of an inspection, field by field. */
export interface InspectionRecord {
  started_at: Instant
  ended_at: Instant
  place: string
  inspectors: { name: string; certificate_no: string }[]
  party: string
  licence: string
  credit_code: string
  domicile: string
  representative: string
  /** Masked wherever it is read. */
  id_number: string
  phone: string
  presence: string
  id_shown: boolean
  rights_told: boolean
  rights_answer: string
  recusal_answer: string
  scene: string
  measures: string
  defence: string
  opinion: string
  refused: boolean
  refusal_reason: string
  witness: string
  recordings_no: string
}

export type InspectionBody = InspectionRecord & {
  key: string
  device_time: Instant
  replaces_id: Id | null
  signatures: { role: 'party' | 'inspector' | 'witness'; name: string; attachment_id: Id }[]
  attachment_ids: Id[]
}

export interface Inspection {
  id: Id
  number: string
  version: number
  replaces_id: Id | null
  digest: string
  filed_at: Instant
  filed_by: string
  record: InspectionRecord
}

export interface PhoneFix {
  lat: number
  lon: number
  accuracy: number | null
  speed_kmh: number | null
  course: number | null
  at: Instant
}

/** What was done without network, and what had happened there meanwhile; kept as a note. */
export interface Missed {
  report: AssignmentReport
  device_time: Instant | null
  noted_at: Instant
  order_no: string
  subject_name: string
  state: AssignmentState
  ended_at: Instant | null
  why: string
  instead: string[]
}

export interface FieldPage {
  officer: { id: Id; name: string; certified: boolean }
  unit: Unit | null
  vehicles: { id: Id; name: string; plate: string; crew: CrewMember[] }[]
  assignments: FieldAssignment[]
  /** Only in the answer to a report that came too late. */
  missed?: Missed | null
}

export interface Indicator {
  code: string
  value: number | null
  unit: string
  target: number | null
  n: number
  previous: number | null
}

export interface RegionCount {
  region_code: string
  name: string
  cases: number
  reports: number | null
  per_10k: number | null
}

export interface TrendDay {
  day: string
  complaints: number
  reports: number
  consultations: number
}

/** Socket.IO messages. `seq` grows with the news, and is the same from every server. */
export interface Snapshot {
  seq: number
  server_time: Instant
  units: Unit[]
  alarms: Alarm[]
}
export type PositionRow = [
  unitId: Id,
  lon: number,
  lat: number,
  course: number | null,
  speedKmh: number | null,
  fixedAtMs: number,
]
export interface Positions {
  seq: number
  t: number | string
  units: PositionRow[]
}
export type ChangedKind =
  | 'case'
  | 'order'
  | 'alarm'
  | 'inbound'
  | 'outbound'
  | 'drill'
  | 'stranger_text'
  | 'stats'
  | 'supervision'
  | 'conference'
  /** A leader has joined a conference: told at their own desks alone. */
  | 'called'
export interface Changed {
  seq: number
  kind: ChangedKind
  id: Id
}

export interface HealthPart {
  ok: boolean
  problem?: string
  [figure: string]: unknown
}
export interface Health {
  ok: boolean
  mode: string
  parts: Record<string, HealthPart>
  /** What still hampers the main job without stopping it. */
  degraded: string[]
}

export interface AuditEntry {
  id: Id
  at: Instant
  actor_id: Id
  actor: string
  roles: string[]
  action: string
  group: '' | 'secrets' | 'alerts'
  object_kind: string
  object_id: string
  object_no: string
  reason_code: string
  note: string
  terminal: string
  correlation_id: string
  detail: Record<string, unknown>
}

export interface AuditProof {
  ok: boolean
  links: number
  anchors: number
  broken: { what: string; position: number | null; entry_id: Id | null; anchor: string | null } | null
  seconds: number
}

export interface AuditCheck {
  id: Id
  requested_at: Instant
  requested_by_name: string
  finished_at: Instant | null
  result: AuditProof | null
}

export interface AuditState {
  position: number
  chained_at: Instant | null
  tail: { length: number; oldest: Instant | null }
  last_check: AuditCheck | null
  last_anchor: { day: string; at: string; position: number; genuine: boolean } | null
  actors: { id: Id; name: string }[]
}
