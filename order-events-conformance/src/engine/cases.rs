//! Every case, with the rules that it shows.

use super::{
    Case, append, cancel, customers, errors, follow, forgetting, history, keys, nodes, random,
    retention, seam, snapshots, timeline,
};

macro_rules! cases {
    ($($module:ident::$name:ident $rules:expr;)*) => {
        /// All of them.
        pub static CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            rules: &$rules,
            run: |lab| Box::pin($module::$name(lab)),
        }),*];
    };
}

cases! {
    // Appending
    append::seq_is_contiguous_per_tenant [1];
    append::version_is_one_more_than_the_last [2];
    append::a_lost_race_stores_nothing [3];
    append::what_was_planned_in_another_epoch_stores_nothing [3];
    append::an_unknown_order_has_version_zero [2, 3];
    append::of_many_racers_for_one_version_one_wins [1, 2, 3];
    append::racers_for_different_orders_all_win [1, 3];
    append::what_random_callers_leave_is_one_history [1, 2, 3];
    append::what_was_drafted_is_what_is_stored [7];
    append::tenants_share_nothing [1, 4];
    keys::a_seen_key_answers_with_what_came_of_it [4];
    keys::the_key_is_looked_at_before_the_version [4];
    keys::a_key_is_the_tenants_not_the_orders [4];
    keys::racers_with_one_key_store_one_event [4];
    keys::a_key_is_remembered_for_its_window [4];
    keys::of_too_many_keys_the_oldest_go [4];
    cancel::a_cancelled_append_is_whole_or_nothing [5];
    cancel::cancelled_reads_leave_nothing_behind [5];
    errors::an_error_means_what_it_says [6];

    // Reading
    append::what_was_acknowledged_is_read [7];
    history::history_begins_after_the_place_asked_for [8];
    history::a_limit_cuts_short_and_says_so [8];
    history::one_event_is_returned_however_large [8];
    history::what_an_audience_may_not_see_does_not_count [8];
    history::an_unknown_scope_has_an_empty_history [8, 9];
    history::history_costs_by_what_it_returns [10];
    customers::a_customers_history_begins_with_the_attaching_event [8];
    customers::a_deleted_orders_events_stay_in_its_customers_history [8];
    customers::an_order_can_come_back_as_somebody_elses [8];
    customers::an_order_and_a_customer_may_share_an_id [8];
    customers::a_customer_has_many_orders [8, 11];
    retention::a_trimmed_log_says_so [8, 9];
    retention::history_of_a_quiet_order_survives_a_busy_tenant [9];
    retention::expiry_is_judged_per_scope_at_every_step [8, 9];
    retention::old_events_go_by_age [9];
    retention::an_unknown_scope_may_have_missed_what_was_trimmed [9];
    retention::trimming_counts_what_the_public_may_not_see [9];
    snapshots::a_snapshot_shows_an_order_as_it_stands [11];
    snapshots::deleted_orders_are_absent_from_snapshots [11];
    snapshots::pages_hold_every_order_that_lived_all_through [11];
    snapshots::pages_outlive_what_is_forgotten [11, 13];
    snapshots::snapshots_are_not_older_than_their_head [11];
    snapshots::a_token_of_no_page_is_refused [21];
    timeline::a_timeline_holds_the_last_entries [12];
    timeline::only_what_happened_is_in_a_timeline [12];
    timeline::trimming_never_shortens_a_timeline [12];
    timeline::the_latest_work_is_shown_and_outlives_the_log [12];
    timeline::a_new_life_has_a_new_timeline [12];
    forgetting::a_forgotten_order_begins_again [13];
    forgetting::a_finished_order_is_kept_while_it_is_in_the_log [13];
    forgetting::an_order_with_a_living_key_is_kept [4, 13];
    forgetting::an_order_is_forgotten_once_its_keys_have_expired [4, 13];
    forgetting::an_open_order_is_never_forgotten [13];
    forgetting::a_deleted_order_keeps_its_version [2, 13];
    forgetting::a_deleted_order_is_forgotten_at_last [13];
    forgetting::an_order_that_went_on_is_not_forgotten [13];
    forgetting::a_forgotten_past_is_not_denied [8, 9, 13];
    random::random_histories_are_what_a_list_would_be [1, 2, 3, 4, 7, 8, 11];
    random::random_histories_are_trimmed_from_their_beginning [8, 9, 12];

    // Following
    follow::a_tail_hears_every_event_in_order [14];
    follow::racing_publishers_are_heard_in_order [14];
    follow::a_tail_hears_its_own_tenant_only [14];
    follow::a_tail_is_told_whose_the_order_is [14];
    follow::many_tails_hear_the_same [14];
    follow::a_follow_that_is_dropped_ends_the_tail [14];
    follow::follows_come_and_go_while_others_publish [14];
    follow::another_nodes_tails_are_told_too [14, 15];
    follow::publishing_tells_the_tails_without_further_help [17];
    follow::a_lost_log_interrupts_its_tails [16, 18];
    follow::the_epoch_stays_while_nothing_is_lost [18];
    seam::nothing_is_lost_at_the_seam [15];
    seam::nobody_is_woken_under_a_lock [19];

    // Company
    nodes::an_announcement_reaches_every_node [20];
    nodes::a_node_that_is_gone_is_let_go_of [20];
}
