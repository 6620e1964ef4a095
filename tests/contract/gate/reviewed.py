"""Every place where something could leave the house, looked at by people: why it may stand there.

A module that is not here, or that has grown another way out, fails the build. `gate: …` names the
purposes under which that way is used: then what it sends is a `Cleared` value. Everything else says
in a few words why nothing of a case goes that way.
"""

DESK = "an answer to a signed-in desk without content of a case"
ENGINE = "starts, asks or stops an engine of this machine"
OPERATOR = "tells the operator at the terminal about the installation"
OWN_PROCESSES = "news between our own processes: ids and positions, never words"
SENDS_CLEARED = (
    "gate: order.sms, order.fax, order.app, order.voice, report_order.sms, report_order.fax,"
    " report_order.voice, drill.sms, drill.fax, drill.voice,"
    " conference.staff, conference.caller, voice.duty_call"
)

REVIEWED: dict[str, tuple[frozenset[str], str]] = {
    module: (frozenset(ways), why)
    for module, why, *ways in (
        ("command_center.accounts.phones", "an officer's position to our own listener",
         "import requests"),
        ("command_center.accounts.views", DESK, "Response()", "jsonify()"),
        ("command_center.accounts.account_views", DESK, "Response()"),
        ("command_center.accounts.admin_views", DESK, "Response()"),
        ("command_center.accounts.roster.views", DESK, "Response()"),
        ("command_center.accounts.oidc", "asks the bureau's identity provider who signs in",
         "import requests", "import urllib3"),
        ("command_center.accounts.push.sender", "gate: order.push", "import requests"),
        ("command_center.accounts.push.views", DESK, "Response()"),
        ("command_center.cases.registries", "gate: registry.question", "import requests"),
        ("command_center.app", "gate: desk.page, operator.health, desk.live",
         "import flask_socketio", "jsonify()", "send_from_directory()"),
        ("command_center.commands.audit", OPERATOR, "stdout"),
        ("command_center.commands.keys", OPERATOR, "stdout"),
        ("command_center.cli", OPERATOR, "import_module()", "open()", "stdout"),
        ("command_center.commands.deadline", "counts days, and knows no case", "stdout"),
        ("command_center.commands.doctor", OPERATOR, "import subprocess", "stdout"),
        ("command_center.commands.extensions", OPERATOR, "stdout"),
        ("command_center.commands.filters", "gives a filter's own input back, decoded",
         "open()", "stdout"),
        ("command_center.commands.gps", OPERATOR, "stdout"),
        ("command_center.commands.gps_days", OPERATOR, "stdout"),
        ("command_center.commands.maps", OPERATOR, "stdout"),
        ("command_center.commands.migrate", OPERATOR, "stdout"),
        ("command_center.commands.seed", OPERATOR, "stdout"),
        ("command_center.commands.serve", ENGINE, "os.execv()"),
        ("command_center.commands.up", ENGINE, "import socket", "import subprocess",
         "import urllib.request", "open()", "stdout"),
        ("command_center.console.hub", "gate: desk.live", ".emit()", "import flask_socketio"),
        ("command_center.console.transport", "carries what the hub tells to the desks of every"
         " web process", ".emit()", ".publish_json()", "import engineio", "import flask_socketio",
         "import redis", "import socketio"),
        ("command_center.console.websocket", "carries what the hub tells, frame by frame",
         ".send()", ".sendall()", "import socket"),
        ("command_center.demo.roads", "public roads, kept under var/", "write_bytes()"),
        ("command_center.demo.simulator", "plays vehicles and citizens toward ourselves",
         ".sendall()", "import requests", "import socket", "stdout"),
        ("command_center.demo.vehicle", "plays a vehicle's terminal toward ourselves", ".send()"),
        ("command_center.demo.terminal", "the labelled simulator of a vehicle's terminal",
         ".send()", ".sendall()", "import socket"),
        ("command_center.engines.health", ENGINE, "import redis"),
        ("command_center.engines.kannel", ENGINE, "import urllib.request"),
        ("command_center.engines.postgres", ENGINE, "import subprocess", "write_text()"),
        ("command_center.engines.process", ENGINE, "import subprocess", "open()", "write_text()"),
        ("command_center.engines.redis", ENGINE, "fdopen()", "import redis", "open()"),
        ("command_center.engines.smsc", ENGINE, "import urllib.request"),
        ("command_center.migrations.schema", "the tables' modules", "import_module()"),
        ("command_center.wiring", OWN_PROCESSES, ".publish_json()", "import redis"),
        ("dispatch.delivery.service", SENDS_CLEARED, ".send()"),
        ("dispatch.orders.enlisting", SENDS_CLEARED, ".send()"),
        ("dispatch.terminals.views", DESK, "Response()"),
        ("gps_ingest.days", "days of positions as files under var/, until they are destroyed",
         "open()", "write_text()"),
        ("gps_ingest.bulk", "acknowledges many fixes", ".send()"),
        ("gps_ingest.listeners.http", "acknowledges a fix", ".send()", "Response()", "import h11"),
        ("gps_ingest.listeners.poller", "says which sockets can be read; sends nothing",
         "get_original()"),
        ("gps_ingest.listeners.tcp", "acknowledges a fix", ".send()", "get_original()",
         "import socket"),
        ("gps_ingest.listeners.udp", "acknowledges a fix", ".send()", ".sendto()",
         "get_original()", "import socket"),
        ("gps_ingest.notices", OWN_PROCESSES, ".publish()", "import redis"),
        ("gps_ingest.protocols.base", "the registered protocols", "import_module()"),
        ("gps_ingest.sessions.gt06", "acknowledges a fix", ".send()"),
        ("gps_ingest.sessions.jt808", "gate: order.vehicle, report_order.vehicle,"
         " order_recall.vehicle, report_order_recall.vehicle, order_question.vehicle", ".send()"),
        ("gps_ingest.siblings", OWN_PROCESSES, ".publish_json()", "import redis"),
        ("gps_ingest.server", OWN_PROCESSES, "import redis"),
        ("maps.geocoding.sources.online", "gate: place.question", "import requests"),
        ("kernel.remote", "reads what a caller was answered; sends nothing", "import requests"),
        ("maps.views", "gate: map.tile, map.style", "Response()"),
        ("telephony.callback", "tells our web process what became of a call: numbers, kind, key",
         "import urllib.request"),
        ("telephony.engine_http", SENDS_CLEARED, "import http.client"),
        ("telephony.fax_progress", "asks our exchange which page it is sending",
         "import socket"),
        ("telephony.fax_page", "turns a cleared page into dots, in a folder of its own",
         "TemporaryDirectory()"),
        ("telephony.programs", "runs the programs of this machine that make pages and sound",
         "import subprocess"),
        ("telephony.call_reports", "how far the exchange's journal was told; numbers in it",
         "open()", "write_text()", "write_bytes()"),
        ("telephony.gateways.fax_hylafax", SENDS_CLEARED, "import ftplib"),
        ("telephony.gateways.base", "the registered gateways", "import_module()"),
        ("telephony.outbox", "gate: order.fax, report_order.fax, drill.fax",
         "fdopen()", "mkstemp()"),
        ("telephony.speech", "gate: order.voice, report_order.voice, order_recall.voice,"
         " report_order_recall.voice, drill.voice, voice.duty_call",
         "TemporaryDirectory()"),
        ("telephony.sending", SENDS_CLEARED, ".send()"),
        ("telephony.simulated_fax", "the labelled simulator, which reaches nobody",
         "import http.server", "open()"),
        ("telephony.views", "answers an engine with a status alone", "Response()"),
        ("kernel.audit_anchors", "gate: exchange.anchor", "fdopen()", "mkstemp()"),
        ("kernel.bus", OWN_PROCESSES, ".publish()", "import redis"),
        ("kernel.db", "events inside this process", ".publish()"),
        ("kernel.files", "files under var/, by their callers: attachments, sealed originals",
         "write_bytes()"),
        ("kernel.keyring", "the identity keys, in their own folder", "fdopen()", "open()"),
        ("kernel.sealed_files", "files under var/, sealed as they are written", "open()"),
        ("kernel.settings", "the installation's own keys, under var/", "fdopen()", "open()"),
        ("kernel.web", "gate: desk.document, desk.attachment, desk.original, page.heatmap,"
         " map.tile, map.style, operator.metrics", "Response()", "jsonify()"),
    )
}  # fmt: skip

UNSCANNED: dict[str, str] = {
    "kernel.gate.gate": "the gate itself",
    "command_center.accounts.push.sender": "nothing at all: an empty message",
    "command_center.app": "operator.metrics: numbers",
    "command_center.audit.views": "the log, which carries no personal data",
    "command_center.cases.archive.views": "a certificate of numbers and digests",
    "command_center.cases.clearance": "a file that a person has just cleared",
    "command_center.cases.handover.views": "a report that was scanned before it was kept",
    "command_center.cases.supervision.views": "a paper that was scanned before it was drawn up",
    "command_center.cases.identity_views": "the sound of a call, to whoever may hear it",
    "command_center.cases.views": "files of a case to a desk that may see it",
    "command_center.insight.heatmap": "aggregated areas and cells",
    "dispatch.delivery.service": "a message that was cleared when it was queued",
    "gps_ingest.downlink": "words for a vehicle that were cleared when they were queued",
    "dispatch.inbound.views": "a fax that came in, to those whose desk it is",
    "dispatch.orders.views": "a page of who was told of an order, over which way and when",
    "dispatch.tracking.views": "the way of a unit: points and times",
    "maps.views": "tiles of public data",
}
"""Modules that take something through the gate without a scan of free text, and what it is."""

FILES_WITHOUT_SCHEMA: dict[str, str] = {
    "cases.get_document": "desk.document",
    "archive.certificate": "desk.document",
    "orders.print_ledger": "desk.document",
    "handover.print_handover": "desk.document",
    "supervision.print_supervision": "desk.document",
    "audit.export_audit": "export.audit_log",
    "accounts.second_step": "desk.api",  # as the first step
    "accounts.confirm": "desk.api",  # the same, with a new cookie
    "provider.depart": "desk.page",  # on to the provider's own address
    "provider.come_back": "desk.page",  # back to the desk's own address
    "cases.get_attachment": "desk.attachment",
    "inbound.read_pages": "desk.attachment",
    "inbound.read_strangers_pages": "desk.attachment",
    "cases.open_original": "desk.original",
    "cases.hear": "desk.recording",
    "insight.get_heatmap": "page.heatmap",
    "tracking.export_track": "export.track",
    "console.export": "export.track",
    "maps.tile": "map.tile",
    "maps.style_json": "map.style",
    "accounts.sign_in": "desk.api",  # its own schema, with a cookie beside it
    "telephony_hooks.kannel_receipt": "engine.answer",
    "telephony_hooks.kannel_inbound": "engine.answer",
    "telephony_hooks.call_receipt": "engine.answer",
    "telephony_hooks.fax_inbound": "engine.answer",
    "telephony_hooks.conference_party": "engine.answer",
    "healthz": "operator.health",
    "metrics": "operator.metrics",
    "assets": "desk.page",
    "page": "desk.page",
    "openapi.spec": "desk.api",
}
"""Endpoint whose answer is no declared schema -> the purpose under which it leaves."""

OPEN_ENDED: dict[str, str] = {
    "AlarmOut.params": "numbers and names of orders, units and officers",
    "Alarms.AlarmOut.params": "the same",
    "AuditPage.AuditEntryOut.detail": "codes and numbers: `record` takes no personal data",
    "CheckOut.result": "what the proof of the log's chain found",
    "AuditStateOut.CheckOut.result": "the same",
    "PersonExportOut.cases": "a person's own data, for that person, field by field",
    "CaseDetail.details": "particulars of goods; of a report only those in REPORT_DETAILS",
    "CaseDetail.outcome": "the result of a step, screened when it was taken",
    "CaseDetail.ApprovalOut.data": "what a step was asked with, screened when it was asked",
    "CaseDetail.TimelineOut.params": "what a step was taken with, screened when it was taken",
    "FeatureCollection.Feature.geometry": "outlines of public regions",
    "FeatureCollection.Feature.properties": "code, name and level of public regions",
    "PreviewOut.ReasonOut.params": "names and numbers of units and orders",
    "RecommendationOut.ReasonOut.params": "names and numbers of units and orders",
}
"""Model.field of the API that takes any key -> who fills it, and with what."""
