"""What the registry does not say of a metric: when it moves, and a question to ask it. By what they tell of, in the order of the page."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """When the value changes, and PromQL that makes sense of it."""

    moves: str
    example: str


_SCRAPE = "at each scrape"
_END = "when the call ends"
_STAY = "when the stay in the queue ends"
_SETTINGS = "with the settings"


def _today(moves: str) -> str:
    return f"{moves}; back to 0 at midnight"


SECTIONS: Mapping[str, Mapping[str, Note]] = {
    "Calls": {
        "ringtally_calls_total": Note(_END, 'sum by (result) (increase(ringtally_calls_total{direction="in"}[1h]))'),
        "ringtally_calls_active": Note(
            "at each scrape; no sample while the PBX is not heard", "sum by (direction, state) (ringtally_calls_active)"
        ),
        "ringtally_call_wait_seconds": Note(
            "when the incoming call ends",
            'histogram_quantile(0.9, sum by (le, trunk) (rate(ringtally_call_wait_seconds_bucket{outcome="answered"}[1d])))',
        ),
        "ringtally_call_talk_seconds": Note(
            "when the answered call ends",
            "rate(ringtally_call_talk_seconds_sum[1d]) / (rate(ringtally_call_talk_seconds_count[1d]) > 0)",
        ),
        "ringtally_missed_calls_total": Note(_END, "sum by (trunk) (increase(ringtally_missed_calls_total[1h]))"),
        "ringtally_anonymous_missed_calls_total": Note(
            _END, "sum(increase(ringtally_anonymous_missed_calls_total[1d]))"
        ),
        "ringtally_source_calls_total": Note(
            "when the incoming call ends", 'topk(5, increase(ringtally_source_calls_total{result="missed"}[7d]))'
        ),
        "ringtally_department_calls_total": Note(
            "when the incoming call ends",
            "sum by (department, result) (increase(ringtally_department_calls_total[1d]))",
        ),
        "ringtally_calls_incomplete_total": Note(_END, "increase(ringtally_calls_incomplete_total[1d]) > 0"),
        "ringtally_ghost_channels_total": Note(
            "when the PBX's list of channels, asked each minute, told of it twice",
            "increase(ringtally_ghost_channels_total[1d])",
        ),
    },
    "Queues": {
        "ringtally_queue_callers_waiting": Note(
            "at each scrape; no sample while the PBX is not heard", "sum by (queue) (ringtally_queue_callers_waiting)"
        ),
        "ringtally_queue_longest_wait_seconds": Note(
            "at each scrape; no sample while the PBX is not heard",
            "ringtally_queue_longest_wait_seconds > ringtally_service_level_threshold_seconds",
        ),
        "ringtally_queue_wait_seconds": Note(
            _STAY, 'sum by (outcome) (increase(ringtally_queue_wait_seconds_count{queue="support"}[1d]))'
        ),
        "ringtally_queue_offered_total": Note(_STAY, "increase(ringtally_queue_offered_total[1h])"),
        "ringtally_queue_answered_within_threshold_total": Note(
            "when a stay ends that was answered in time",
            "increase(ringtally_queue_answered_within_threshold_total[1h]) / (increase(ringtally_queue_offered_total[1h]) > 0)",
        ),
        "ringtally_service_level_threshold_seconds": Note(
            _SETTINGS, "max by (queue) (ringtally_service_level_threshold_seconds)"
        ),
        "ringtally_service_level_goal_ratio": Note(
            _SETTINGS, "queue:ringtally_service_level:ratio1h < ringtally_service_level_goal_ratio"
        ),
        "ringtally_queue_members": Note(
            "at each scrape; no sample while the PBX is not heard", 'ringtally_queue_members{state="available"} == 0'
        ),
    },
    "Missed callers": {
        "ringtally_missed_cases_total": Note(
            "when a caller is missed who was on no list yet", "sum(increase(ringtally_missed_cases_total[1d]))"
        ),
        "ringtally_truly_missed_cases_total": Note(
            "when the time for a call-back has run out; a deadline that passed while the daemon was away, at its start",
            "sum by (trunk) (increase(ringtally_truly_missed_cases_total[1d]))",
        ),
        "ringtally_missed_cases_recovered_total": Note(
            "when somebody has spoken with the caller",
            'sum(increase(ringtally_missed_cases_recovered_total{late="no"}[7d])) / (sum(increase(ringtally_missed_cases_total[7d])) > 0)',
        ),
        "ringtally_missed_cases_waiting": Note(_SCRAPE, "sum by (state) (ringtally_missed_cases_waiting)"),
        "ringtally_missed_oldest_case_age_seconds": Note(_SCRAPE, "ringtally_missed_oldest_case_age_seconds / 3600"),
        "ringtally_missed_oldest_case_working_age_seconds": Note(
            _SCRAPE, "ringtally_missed_oldest_case_working_age_seconds > 4 * 3600"
        ),
        "ringtally_missed_contact_seconds": Note(
            "when somebody has spoken with the caller",
            'histogram_quantile(0.5, sum by (le) (rate(ringtally_missed_contact_seconds_bucket{contact="outgoing"}[7d])))',
        ),
        "ringtally_callback_attempts_total": Note(
            "when a call-back ends that reached nobody",
            "sum by (result) (increase(ringtally_callback_attempts_total[1d]))",
        ),
        "ringtally_site_open": Note("at each scrape; no sample without `[working_hours]`", "ringtally_site_open == 1"),
    },
    "Agents": {
        "ringtally_agent_state_seconds_total": Note(
            "at each scrape, while the state lasts",
            'increase(ringtally_agent_state_seconds_total{state="talking"}[1h]) * on (agent, instance) group_left (name) ringtally_agent_info',
        ),
        "ringtally_agent_info": Note("when an agent is met", "ringtally_agent_info"),
    },
    "Today": {
        "ringtally_today_start_timestamp_seconds": Note(
            "at midnight", "time() - ringtally_today_start_timestamp_seconds"
        ),
        "ringtally_today_calls": Note(_today(_END), 'sum by (result) (ringtally_today_calls{direction="in"})'),
        "ringtally_today_incoming_calls": Note(_today(_END), 'sum(ringtally_today_incoming_calls{outcome="missed"})'),
        "ringtally_today_call_wait_seconds": Note(
            _today(_END), 'ringtally_today_call_wait_seconds{outcome="answered", quantile="0.9"}'
        ),
        "ringtally_today_call_talk_seconds": Note(
            _today(_END),
            "sum(ringtally_today_call_talk_seconds_sum) / (sum(ringtally_today_call_talk_seconds_count) > 0)",
        ),
        "ringtally_today_queue_stays": Note(_today(_STAY), "sum by (queue, outcome) (ringtally_today_queue_stays)"),
        "ringtally_today_queue_answered_within_threshold": Note(
            _today(_STAY),
            "ringtally_today_queue_answered_within_threshold / "
            '(sum without (outcome) (ringtally_today_queue_stays{outcome!="short_abandoned"}) > 0)',
        ),
        "ringtally_today_queue_wait_seconds": Note(
            _today(_STAY), 'ringtally_today_queue_wait_seconds{outcome="answered", quantile="0.5"}'
        ),
        "ringtally_today_rated_calls": Note(_today(_END), "ringtally_today_rated_calls"),
        "ringtally_today_answered_in_time_calls": Note(
            _today(_END), "ringtally_today_answered_in_time_calls / (ringtally_today_rated_calls > 0)"
        ),
        "ringtally_today_missed_cases": Note(_today("when a caller is missed"), "sum(ringtally_today_missed_cases)"),
        "ringtally_today_truly_missed_cases": Note(
            _today("when the time for a call-back has run out"), "sum by (site) (ringtally_today_truly_missed_cases)"
        ),
        "ringtally_today_callback_attempts": Note(
            _today("when a call-back ends that reached nobody"), "sum(ringtally_today_callback_attempts)"
        ),
        "ringtally_today_recovered_cases": Note(
            _today("when somebody has spoken with the caller"), "sum by (late) (ringtally_today_recovered_cases)"
        ),
        "ringtally_today_missed_contact_seconds": Note(
            _today("when somebody has spoken with the caller"), 'ringtally_today_missed_contact_seconds{quantile="0.5"}'
        ),
    },
    "The link to the PBX": {
        "ringtally_ami_connected": Note(
            "when the link comes to stand or is lost", "min by (site) (ringtally_ami_connected)"
        ),
        "ringtally_ami_connects_total": Note("with each login", "increase(ringtally_ami_connects_total[1h]) > 4"),
        "ringtally_ami_gaps_total": Note(
            "when a gap is over", "sum by (reason) (increase(ringtally_ami_gaps_total[7d]))"
        ),
        "ringtally_ami_gap_seconds_total": Note(
            "when a gap is over", "1 - increase(ringtally_ami_gap_seconds_total[7d]) / (7 * 86400)"
        ),
        "ringtally_ami_last_event_timestamp_seconds": Note(
            "with each event", "time() - ringtally_ami_last_event_timestamp_seconds"
        ),
        "ringtally_ami_events_total": Note("with each event", "sum(rate(ringtally_ami_events_total[5m]))"),
        "ringtally_ami_bad_messages_total": Note(
            "with each message that is none", "sum by (reason) (increase(ringtally_ami_bad_messages_total[1d])) > 0"
        ),
        "ringtally_ami_clock_ahead_seconds": Note(
            "with an answer to a ping", "abs(ringtally_ami_clock_ahead_seconds) > 5"
        ),
        "ringtally_ami_action_denied": Note("when the PBX is asked what lives", "ringtally_ami_action_denied == 1"),
        "ringtally_ami_events_withheld": Note(
            "when the PBX lists its queues or channels, and with each event", "ringtally_ami_events_withheld == 1"
        ),
        "ringtally_ami_excess_rights": Note("with each login", "ringtally_ami_excess_rights > 0"),
    },
    "The database": {
        "ringtally_store_degraded": Note("when storing fails, or goes on", "ringtally_store_degraded == 1"),
        "ringtally_store_waiting_calls": Note(_SCRAPE, "max_over_time(ringtally_store_waiting_calls[1h])"),
        "ringtally_store_write_seconds": Note(
            "with each transaction", "histogram_quantile(0.99, rate(ringtally_store_write_seconds_bucket[1h]))"
        ),
        "ringtally_store_dropped_calls_total": Note(
            "when a call is given up", "increase(ringtally_store_dropped_calls_total[1d]) > 0"
        ),
        "ringtally_store_refused_calls_total": Note(
            "when the database refuses a call", "increase(ringtally_store_refused_calls_total[1d]) > 0"
        ),
        "ringtally_store_set_aside_total": Note("when damage is met", "ringtally_store_set_aside_total > 0"),
        "ringtally_store_free_bytes": Note(_SCRAPE, "predict_linear(ringtally_store_free_bytes[1d], 7 * 86400) < 0"),
        "ringtally_store_size_bytes": Note(_SCRAPE, "delta(ringtally_store_size_bytes[7d])"),
    },
    "The broker": {
        "ringtally_mqtt_connected": Note(
            "when the broker comes or goes; no sample without `[mqtt]`", "ringtally_mqtt_connected == 0"
        ),
        "ringtally_mqtt_outbox_messages": Note(
            "at each scrape; no sample without `[mqtt]`", "max_over_time(ringtally_mqtt_outbox_messages[1d])"
        ),
        "ringtally_mqtt_dropped_messages_total": Note(
            "when a message is given up; no sample without `[mqtt]`",
            "sum by (reason) (increase(ringtally_mqtt_dropped_messages_total[1d]))",
        ),
    },
    "The daemon": {
        "ringtally_build_info": Note("with each start", "count by (version) (ringtally_build_info)"),
        "ringtally_http_refused_total": Note(
            "when somebody is turned away", "sum by (reason) (increase(ringtally_http_refused_total[1h])) > 0"
        ),
    },
}
NOTES: Mapping[str, Note] = {name: note for notes in SECTIONS.values() for name, note in notes.items()}
