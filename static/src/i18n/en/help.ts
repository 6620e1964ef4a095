export default {
  title: 'Help',
  denied: 'You may not open "{desk}".',
  deniedHint: 'If your work needs it, ask the administrator.',
  yourDesks: 'You may open:',
  flow: {
    title: 'From a submission to its end',
    intake: {
      who: 'Intake agent',
      what: 'Register',
      how: "Choose the kind, find the business, check and confirm the place on the map. The caller's own words go to the sealed narrative, what to look for goes to the dispatch facts. Read number and query code out. Texts from citizens wait on the right: Register puts one into the form.",
    },
    escalate: {
      who: 'Agent, shift supervisor',
      what: 'Escalate',
      how: 'Somebody hurt, suspected poisoning, a violation going on: press Escalate, choose the level, give one sentence. The dispatch desk rings. An alarm nobody takes climbs every 2 minutes.',
    },
    dispatch: {
      who: 'Dispatcher, commander',
      what: 'Dispatch',
      how: 'Take the alarm, look at the recommended vehicles and their reasons, choose recipients and channels, read the exact text for each, send. From level 2 the commander approves; an oral approval is confirmed within 30 minutes. When several cases wait, Plan together (command j) weighs them all at once; take it case by case. Cases about one business or place stand as one row that opens and says why; Send for all writes one order whose note names the others. Units that carry what a case needs come first; what they carry is kept on the unit card.',
    },
    field: {
      who: 'Officers',
      what: 'In the field',
      how: 'Two or more certified officers sign on to a vehicle. One button for each next step; SMS replies with the order code do the same. Where orders are told by telephone, 1 takes, 0 declines, 9 asks for the desk.',
    },
    feedback: {
      who: 'Dispatcher',
      what: 'Follow',
      how: 'Delivered is not acknowledged; the board shows both. A reply that fits nothing goes to a person and moves nothing.',
    },
    arrive: {
      who: 'Dispatcher, officer',
      what: 'Arrive',
      how: 'When a vehicle has stood within 100 m of the scene for 60 s, the order and the phone propose the arrival. A person confirms it or says no; nothing changes by itself.',
    },
    past: {
      who: 'Dispatcher, commander',
      what: 'Look back',
      how: '“Look back” on the dispatch desk shows cases, orders and messages of any minute of the last 90 days. What has a violet frame is not now: no order can be sent from it; “Back to live” or Esc returns. Old positions are for commanders only, for a reason, and on record.',
    },
    close: {
      who: 'Unit, commander, bureau head',
      what: 'Close or refer',
      how: 'Feedback never closes a case. The unit asks for closure and somebody else approves. A transfer to another agency needs the bureau head and makes a referral letter.',
    },
  },
  lines: {
    title: 'Lines and duty',
    fax: {
      word: 'Faxes that come in',
      means:
        "The fax of a branch with one open order is filed there by itself; of several, you say which. A page changes nothing: read it, settle it among the replies, and it becomes the proof. A citizen's fax is for the intake desk alone.",
    },
    disc: {
      word: 'The disc around a unit',
      means: 'Its position is old: so far it may have driven at its last speed. The ranking counts with it.',
    },
    conference: {
      word: 'Three-party call',
      means:
        '“Three-party call” on a case: your extension rings, then the leader on duty and, where wanted, the caller; all of it is recorded and sealed. When the leader answers, the case opens on their screen. While an informant is on the line no leader is called, unless their consent is written down. The leader records the decision, or the dispatcher in their name; an approval written down for them is confirmed on line within 30 minutes, or an alarm climbs.',
    },
    read: {
      word: 'Told of new orders, read',
      means:
        'A branch switches it on at the dispatch desk: while the page is closed the browser says that there is a new order, and nothing of it. When somebody of the branch opens an order, it counts as read, which is no acknowledgement.',
    },
    pause: {
      word: 'Pause outbound',
      means:
        'A commander stops all texts, faxes, calls and words to vehicles, with a reason. What waits is kept and leaves after the resume, the urgent first; alarms climb on.',
    },
    drill: {
      word: 'Communications drill',
      means:
        'Sends a drill message to every number of every branch, and a text alone to the mobiles of crews and people on duty; lists which are reached, busy, unanswered or dead, mobiles apart; the map shows which branch can be reached. Not while an order of level 2 or above is open: one that goes out stops it.',
    },
    duty: {
      word: 'Duty roster',
      means:
        'Alarms call who is on duty now; a post without anybody calls all who hold the rank. Gaps and overlaps are shown.',
    },
    strike: {
      word: 'Quick strike',
      means:
        'A chosen case lists the phones and fax machines of sub-bureaus and branches and who is on duty there: the jurisdiction first, then by distance and duty. One press on a number makes it a recipient.',
    },
    supervise: {
      word: 'Supervision',
      means:
        'The system drafts an order when a case is overdue or an order has no feedback in time; dispatchers may propose one. A commander or leader issues it, the unit signs and replies, and it is accepted, sent back or raised a level. What is late rings.',
    },
    handover: {
      word: 'Hand-over',
      means:
        'Lists open alarms, orders, deliveries and cases near their date. Who leaves writes a note, who comes signs; half an hour without a signature raises an alarm.',
    },
  },
  phone: {
    pass: {
      word: 'Handing an order over',
      means:
        'Once taken, an order can be offered to another crew with a reason; until they accept, you stay responsible. If it is taken back meanwhile, they read why.',
    },
    subject: {
      word: 'Registered facts',
      means:
        'One press on an order asks for scope, legal representative, promises and service standards, with source and time; a silence is shown as such. Every answer stays with the order.',
    },
    title: 'The phone in the field',
    offline: {
      word: 'Without network',
      means:
        'The page and your orders open all the same. Reports wait in order and are sent when it is back; another person or the end of duty clears the phone.',
    },
    late: {
      word: 'A report that came too late',
      means:
        'Where the order was cancelled or given to another unit, what you did is kept as a note, and the page says what happened. It changes nothing.',
    },
    push: {
      word: 'Told of new orders',
      means:
        'Switch it on in the menu. While the page is closed the browser says that there is a new order, and nothing of it. Signing out ends it.',
    },
    record: {
      word: 'Inspection record',
      means:
        'Filled in and signed on the phone, also without network. Changed words need new signatures; what was filed is corrected by a new version only.',
    },
  },
  climb: {
    title: 'When nobody accepts',
    next: {
      word: 'Next step',
      means:
        'Below each recipient stands what is done after which time without an answer, counting down; “steps taken” holds what was done. Whoever accepts stops their own steps, nobody else’s.',
    },
    propose: {
      word: 'Another unit',
      means:
        'The nearest other unit is proposed when that step comes: “Send it too”, look, send. A signed policy sends it by itself.',
    },
    more: {
      word: 'Reinforce, reassign',
      means:
        'Reinforce sends more units beside the first. Reassign calls one back and sends another. Both carry the same words by the same channels, and want a reason.',
    },
    hand: {
      word: 'In hand',
      means: 'When it was settled by voice. The order and its limits stand; nothing more is sent by itself.',
    },
    outage: {
      word: 'After an outage',
      means:
        'What came due while the system was away is not sent in one storm: one alarm names it. Ask whether somebody has accepted by voice, then “Continue now”.',
    },
    limits: {
      word: 'Limits',
      means:
        'Accepting, setting out, arriving and feedback have limits, all counted from the issue. The disc empties: yellow below 40 %, red below 15 %, a square once it is over, with an alarm to the dispatcher.',
    },
    policy: {
      word: 'Follow-up',
      means:
        'By organisation and urgency. Administrators change it under System, commanders under Follow-up; sending another unit by itself wants the signature of a commander who did not write it.',
    },
    ledger: {
      word: 'Receipts',
      means: 'Who got it, when, by which channel, and what proves that it was accepted; can be printed.',
    },
  },
  keys: {
    title: 'Keyboard',
    save: { keys: 'Ctrl + Enter', does: 'Register; confirms in a dialog' },
    kinds: { keys: 'Alt + 1 … 4', does: 'Complaint, report, consultation, both' },
    search: { keys: '↑ ↓ Enter', does: 'Choose among candidates' },
    next: { keys: 'Enter', does: 'After registering: ready for the next call' },
    command: { keys: 'Ctrl + K', does: 'Command bar of the dispatch desk' },
    send: { keys: 'Enter, Enter again', does: 'Dispatch: see the exact text, then send' },
    close: { keys: 'Esc', does: 'Close a drawer or dialog; back to live' },
    past: { keys: '← → Space', does: 'Looking back: a minute back or on, play or pause (on the slider)' },
  },
  signs: {
    title: 'Signs',
    u0: 'In turn.',
    u1: 'Order within 5 minutes.',
    u2: 'Order within 2 minutes, approved by the commander.',
    u3: 'The same, and the emergency plan.',
    green: 'Enough time.',
    yellow: 'Less than 40 % or two working days left.',
    red: 'Less than one working day.',
    black: 'Overdue.',
  },
  secrecy: {
    title: 'Secrecy',
    s1: 'Who reports is sealed apart: not in the case, SMS, fax, map or statistics.',
    s2: 'Seeing it needs a reason, lasts ten minutes, is masked when the page is hidden, and is written to a log that cannot be changed.',
    s3: 'Dispatch facts go out to the field; nothing about the person may stand there, and the system refuses it.',
    s4: 'Orders of a report are closed by default: SMS carries code and urgency only, and a fax waits until somebody at the branch has confirmed attendance.',
    s5: 'The cockpit shows cells only, and nothing under 3 reports.',
    s6: "The sealed original of a file tells how it was made and opens for a reason; a report's counts as a reveal, and for ten minutes the other originals of the case open with it.",
    s7: 'Only commanders search a phone among informants. Every search rings; every report found is recorded as a reveal.',
  },
  archive: {
    title: 'The archive and personal data',
    lists: {
      word: 'Destruction',
      means:
        'The system lists what is past its retention period; the archivist asks, somebody else, a commander or leader, approves. The certificate can be printed.',
    },
    holds: {
      word: 'Holds',
      means:
        'During a lawsuit, review or petition the archivist places a hold; nothing is destroyed until it is lifted.',
    },
    search: {
      word: 'Search',
      means:
        'Closed cases by number: until when they are kept, and what became of them; never what they say.',
    },
    export: {
      word: "A person's data",
      means:
        'The person is here and shows a case number with its query code; their complaints and consultations come along, each report needs its own code. Delete the file from this machine once it is handed over.',
    },
  },
  trouble: {
    title: 'When something is wrong',
    offline: {
      when: 'A bar says you are cut off',
      do: 'The screen stands at its last update. Go on typing; it catches up by itself. Do not reload.',
    },
    lost: {
      when: 'You pressed Register and the server was not reached',
      do: 'Everything is still there; press again. It is never registered twice.',
    },
    noPlace: {
      when: 'No place can be found',
      do: 'Register without it. The case stays marked in the queue until somebody sets the place.',
    },
    unknown: {
      when: 'A channel says "Unknown"',
      do: 'It is not sent again by itself, so that nobody gets it twice. Ask by phone, then decide.',
    },
    noUnit: {
      when: 'A vehicle is not on the map',
      do: 'Open the unit: is its terminal connected? Ask its position. If it stays silent, an administrator looks under Terminals: is it switched off, must it register, are its fixes doubtful?',
    },
    sound: {
      when: 'An alarm makes no sound',
      do: 'The browser wants one click first. Press "Turn sound on" on the alarm bar.',
    },
  },
  terminals: {
    title: 'Putting a terminal into service',
    s1: 'Set our address and port in the terminal and switch it on. It turns up under System, Terminals, Unknown.',
    s2: 'Compare the identity with the label on the device, press Register, choose the unit.',
    s3: 'JT/T 808: press “Let it register”, then switch the terminal off and on. The door shuts behind it; only the terminal knows its code.',
    s4: 'Press “Ask position”: answered means that it works. The unit on the dispatch desk can be asked and followed too.',
    s5: 'Lost, sold or sent to repair: revoke the code, and it is cut off at once.',
  },
  calendar: {
    title: "Entering a year's holidays",
    s1: 'Once the State Council has announced them, open System · Work calendar and choose the year.',
    s2: 'Press days to mark holidays and make-up working days, check, and save with the title and number of the notice.',
    s3: 'Every open deadline is then counted anew; where one moves, the history of its case says so.',
  },
  words: {
    title: 'Words',
    submission: { word: 'Submission', means: 'One call, letter or web form; it becomes one or two cases.' },
    case: { word: 'Case', means: 'Has a number, deadlines and a history.' },
    complaint: { word: 'Complaint', means: 'A consumer asks us to mediate; with a real name.' },
    report: { word: 'Report', means: 'A lead on a violation; may be anonymous.' },
    subject: { word: 'Subject', means: 'The business complained of.' },
    sealed: { word: 'Sealed narrative', means: "The caller's own words, encrypted; never leaves." },
    facts: { word: 'Dispatch facts', means: 'What may be sent to the field; names nobody.' },
    order: { word: 'Order', means: 'Sends vehicles and branches; its state follows from its assignments.' },
    assignment: { word: 'Assignment', means: "One unit's part of an order, with its own state." },
    delivery: {
      word: 'Delivery',
      means: 'One message to one recipient over one channel. Delivered is not acknowledged.',
    },
    terminal: {
      word: 'Terminal',
      means:
        'The device in a vehicle that tells where it is; one that speaks JT/T 808 also shows orders and takes answers.',
    },
    referral: { word: 'Referral', means: 'Hands a case to the agency in charge, with a letter.' },
  },
  missing: {
    title: 'There is no such page',
    text: 'The address may be wrong, or the page has moved.',
    home: 'Public pages',
    desks: 'My desks',
  },
}
