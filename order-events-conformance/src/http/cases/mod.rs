//! Every case.

mod absent;
mod beginning;
mod ending;
mod limits;
mod orders;
mod owners;
mod pages;
mod refusals;
mod resuming;
mod scopes;
mod sockets;
mod switching;
mod troubles;
mod waiting;

use super::Case;

macro_rules! cases {
    ($($module:ident::$name:ident;)*) => {
        /// All of them.
        pub static CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            run: |lab| Box::pin($module::$name(lab)),
        }),*];
    };
}

cases! {
    // How a stream begins
    beginning::a_stream_has_the_head_of_a_stream;
    beginning::ready_comes_first_and_at_once;
    beginning::the_present_comes_first_and_then_what_happens;
    beginning::of_several_snapshots_only_the_last_has_an_id;
    beginning::an_empty_beginning_still_says_where_the_reader_stands;
    beginning::no_text_of_a_user_ends_a_line;
    beginning::a_silent_stream_says_that_it_is_there;
    beginning::a_heartbeat_that_has_a_name_says_how_far_the_stream_was_served;

    // How it goes on
    resuming::a_reader_goes_on_from_header_or_query;
    resuming::the_header_wins_over_the_query;
    resuming::what_is_no_cursor_is_malformed;
    resuming::a_cursor_of_another_log_is_foreign;
    resuming::a_cursor_ahead_of_the_log_is_of_the_future;
    resuming::a_cursor_from_before_the_log_has_expired;
    resuming::who_missed_too_much_is_behind;
    resuming::a_large_scope_is_told_where_to_page;

    // How it ends
    ending::a_final_order_ends_and_is_not_opened_again;
    ending::a_quiet_order_ends_with_a_long_retry;
    ending::a_drain_ends_every_stream_and_lets_nobody_in;
    ending::a_drain_may_refuse_by_a_stream;
    ending::a_revoked_stream_ends;
    ending::a_grant_that_expires_ends_a_silent_stream;
    ending::no_event_is_given_after_the_grant_expires;
    ending::a_lifetime_ends_a_stream;

    // What is refused
    refusals::a_head_is_answered_without_a_subscription;
    refusals::other_methods_are_not_allowed;
    refusals::what_accepts_neither_form_is_refused;
    refusals::the_form_that_is_preferred_is_given;
    refusals::each_refusal_has_its_problem;
    refusals::a_foreign_order_and_an_absent_one_are_the_same;
    refusals::a_grant_that_is_over_learns_nothing;
    refusals::a_drained_server_says_so_to_a_head_as_well;
    refusals::an_order_is_found_by_its_decoded_id;
    limits::a_principal_with_too_many_streams_is_refused;
    limits::a_server_that_is_full_refuses;
    limits::a_scope_that_is_full_refuses;
    limits::a_place_is_free_again_when_its_reader_has_gone;
    limits::a_refusal_may_be_a_stream;
    limits::the_oldest_stream_can_make_room;

    // Whose and what
    absent::an_order_may_be_waited_for_where_the_grant_allows;
    absent::an_order_deleted_meanwhile_is_told_and_then_not_there;
    owners::an_order_is_shown_to_whom_the_log_says_it_is;
    owners::an_order_of_a_later_version_is_its_owners;
    scopes::what_is_for_staff_is_on_no_public_wire;
    scopes::a_customer_sees_an_order_from_its_attachment_on;
    scopes::the_tenant_is_the_grants;

    // Pages
    pages::a_page_has_what_a_stream_would_give;
    pages::a_full_page_says_that_there_is_more;
    pages::a_page_after_a_bad_cursor_begins_anew;
    pages::a_page_of_a_large_scope_says_where_to_page;
    pages::a_page_tells_the_end;
    pages::a_long_poll_waits_for_an_event;
    pages::a_long_poll_that_waits_in_vain_is_empty;
    waiting::a_drain_ends_a_long_poll;
    waiting::a_revocation_ends_a_long_poll;
    waiting::an_expiry_ends_a_long_poll;
    switching::switching_between_stream_and_poll_loses_and_repeats_nothing;
    troubles::switching_in_the_middle_of_trouble_loses_and_repeats_nothing_unsaid;

    // Orders as they stand
    orders::an_order_has_a_tag_until_something_happens_to_it;
    orders::a_stream_goes_on_from_an_orders_cursor;
    orders::orders_come_in_pages;
    orders::an_unknown_page_is_refused;
    orders::a_customers_orders_are_theirs_alone;

    // Sockets
    sockets::several_requests_share_a_connection;
    sockets::a_long_head_is_read;
    sockets::a_peer_that_closes_a_silent_stream_is_gone_at_once;
    sockets::a_peer_that_closes_its_half_is_gone;
    sockets::a_peer_that_leaves_a_long_poll_is_gone;
    sockets::a_burst_comes_whole_and_in_order;
    sockets::a_reader_that_stops_comes_back_to_the_true_state;
}
