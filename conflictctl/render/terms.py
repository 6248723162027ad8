"""The words of the vocabulary as people read them.

The stable words of events and rulings (`sales_manager`, `second_tier`, `not_met`) are
written in data and never change; what is shown for them is the English given here, or
its translation.
"""

from __future__ import annotations

from conflictctl.wording import N_

TERMS: dict[str, str] = {
    # roles
    "consultant": N_("sales consultant"),
    "supervisor": N_("sales supervisor"),
    "manager": N_("sales manager"),
    "department_head": N_("department head"),
    "general_manager": N_("general manager"),
    "clerk": N_("clerk"),
    "auditor": N_("auditor"),
    # instances
    "sales_manager": N_("sales manager"),
    "both_heads": N_("both department heads"),
    "panel": N_("management panel"),
    # statuses of a ruling
    "credited": N_("credited"),
    "recommended": N_("recommended"),
    "referred": N_("referred"),
    "held": N_("held"),
    "unheld": N_("nobody's"),
    # outcomes of a clause
    "awards": N_("decides"),
    "refers": N_("refers"),
    "supports": N_("supports"),
    "bars": N_("bars"),
    "not_met": N_("not met"),
    "unknown": N_("unknown"),
    "not_reached": N_("not reached"),
    # why an entry did not count
    "late": N_("entered late"),
    "altered": N_("altered later"),
    "voided": N_("voided"),
    "struck": N_("struck as untrue"),
    "own_word": N_("own word only"),
    "no_power": N_("without the power"),
    "left_out": N_("left out"),
    "expired": N_("expired"),
    "rejected": N_("rejected"),
    "not_told": N_("not told"),
    "void": N_("void"),
    "too_late": N_("too late"),
    "too_early": N_("too early"),
    "not_valid": N_("not valid"),
    # outlets
    "store": N_("4S store"),
    "second_tier": N_("second-tier outlet"),
    "sister_store": N_("sister store"),
    # who a party is
    "staff": N_("staff"),
    "outlet": N_("outlet"),
    "customer": N_("customer"),
    # relations between customers
    "same": N_("same person"),
    "household": N_("household"),
    "group": N_("company group"),
    # directions and channels
    "in": N_("incoming"),
    "out": N_("outgoing"),
    "phone": N_("telephone"),
    "wechat": N_("WeChat"),
    "sms": N_("text message"),
    "email": N_("e-mail"),
    # causes of a transfer, reasons of a loss
    "overdue": N_("follow-up overdue"),
    "left": N_("left the company"),
    "moved": N_("changed post"),
    "bought_elsewhere": N_("bought elsewhere"),
    "no_interest": N_("no interest"),
    "wrong_number": N_("wrong number"),
    "other": N_("other"),
    # decisions on a filing
    "approve": N_("approve"),
    "reject": N_("reject"),
    "return": N_("return for completion"),
    "extend": N_("extend"),
    # measures
    "fine": N_("fine"),
    "suspension": N_("suspension from showroom reception"),
    "warning": N_("warning"),
    "responsibility_change": N_("change of responsibility"),
    "work_adjustment": N_("adjustment of work"),
    "dismissal": N_("dismissal"),
    "commendation": N_("commendation"),
    # kinds of event
    "lost": N_("customer lost"),
    "reopened": N_("customer reopened"),
    "staff_left": N_("staff left"),
    "staff_returned": N_("staff returned"),
    "staff_moved": N_("staff moved"),
    "staff_absent": N_("staff absent"),
    "link": N_("link of customers"),
    "unlink": N_("link undone"),
    "visit": N_("visit"),
    "call": N_("call"),
    "followup": N_("follow-up"),
    "inform": N_("telling a colleague"),
    "accompany": N_("accompanying"),
    "confirm": N_("confirmation"),
    "together": N_("came together"),
    "level": N_("level"),
    "check": N_("check"),
    "card": N_("business card"),
    "filing": N_("filing"),
    "decision": N_("decision on a filing"),
    "notice": N_("notice of an overdue follow-up"),
    "reassign": N_("transfer"),
    "demand": N_("customer's demand"),
    "order": N_("order"),
    "cancel_order": N_("cancelled order"),
    "close": N_("close"),
    "learn": N_("learning of the close"),
    "claim": N_("claim"),
    "withdraw_claim": N_("withdrawn claim"),
    "agreement": N_("agreement"),
    "finding": N_("finding"),
    "ruling": N_("ruling"),
    "appeal": N_("appeal"),
    "sanction": N_("sanction"),
    "correction": N_("correction"),
    "redaction": N_("erasure of personal data"),
    "setting": N_("setting"),
    "attestation": N_("attestation"),
    "notification": N_("notification"),
    "checkpoint": N_("checkpoint"),
    # units of a policy's parameters
    "days": N_("days"),
    "follow-ups": N_("follow-ups"),
    "CNY": N_("CNY"),
    # what the overdue list holds
    "no_level": N_("no level"),
    "claim_window": N_("claim window"),
    "case": N_("case"),
}
