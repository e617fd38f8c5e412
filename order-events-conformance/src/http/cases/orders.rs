//! Orders as they stand.

use order_events_core::{OrderStatus, Update};

use crate::http::client::Request;
use crate::http::lab::{Lab, cursor, customer, order};

pub(super) async fn an_order_has_a_tag_until_something_happens_to_it(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let request = Request::get("/orders/anna-1").by("anna");
    let first = shop.ask(request.clone()).await;
    assert_eq!(first.status(), 200);
    assert_eq!(first.header("content-type"), "application/json");
    assert_eq!(first.header("cache-control"), "private, no-cache");
    assert_eq!(first.json()["cursor"], cursor(1));
    let tag = first.header("etag").to_owned();

    // What happens to others is none of its business.
    shop.create("bob-1").await;
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let same = shop.ask(request.clone().with("if-none-match", known)).await;
        assert_eq!((same.status(), &*same.body, same.header("etag")), (304, "", &*tag));
    }
    shop.walk("anna-1", &[OrderStatus::Processing]).await;
    let changed = shop.ask(request.with("if-none-match", &tag)).await;
    assert_eq!((changed.status(), &changed.json()["status"]), (200, &"PROCESSING".into()));
    assert_ne!(changed.header("etag"), tag);

    // What staff sees is another thing than what the public sees.
    let staffs = Request::get("/orders/anna-1").by("admin");
    let staffs = shop.ask(staffs.with("if-none-match", changed.header("etag"))).await;
    assert_eq!(staffs.status(), 200);
}

pub(super) async fn a_stream_goes_on_from_an_orders_cursor(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let seen = shop.page(Request::get("/orders/anna-1").by("anna")).await;
    shop.note("anna-1", "Meanwhile").await;
    let from = seen["cursor"].as_str().unwrap_or_default();
    let mut events = shop.watch(Request::events_of("anna-1").by("anna").after(from)).await;
    events.resumed(from).await;
    assert_eq!(events.event("order.note").await.json()["note"], "Meanwhile");
}

pub(super) async fn orders_come_in_pages(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.settings.page_orders = 3).await;
    let ids: Vec<_> = (1..=7).map(|number| format!("order-{number}")).collect();
    for id in &ids {
        shop.create(id).await;
    }
    // A limit above the most that is given counts as that, and one of nothing as one.
    for (limit, sizes) in [
        ("", &[3, 3, 1][..]),
        ("&limit=2", &[2, 2, 2, 1]),
        ("&limit=1000", &[3, 3, 1]),
        ("&limit=0", &[1; 7]),
        ("&limit=many", &[3, 3, 1]),
    ] {
        let (mut seen, mut page) = (Vec::new(), String::new());
        for (at, size) in sizes.iter().enumerate() {
            let answer =
                shop.page(Request::get(format!("/orders?{page}{limit}")).by("admin")).await;
            let orders = answer["orders"].as_array().cloned().unwrap_or_default();
            assert_eq!(orders.len(), *size, "{limit}");
            assert_eq!(answer["cursor"], cursor(7));
            seen.extend(orders.iter().filter_map(|o| o["orderId"].as_str()).map(str::to_owned));
            assert_eq!(answer.get("next").is_some(), at + 1 < sizes.len(), "{answer}");
            page = format!("page={}", answer["next"].as_str().unwrap_or_default());
        }
        seen.sort();
        assert_eq!(seen, ids, "{limit}");
    }
}

pub(super) async fn an_unknown_page_is_refused(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    for page in ["nonsense", "%00", "%FF", "-1"] {
        let request = Request::get(format!("/orders?page={page}")).by("admin");
        shop.ask(request).await.refuses(400, "unknown-page");
    }
}

pub(super) async fn a_customers_orders_are_theirs_alone(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    for (id, whose) in [("anna-1", "anna"), ("bob-1", "bob"), ("anna-2", "anna")] {
        shop.publish(Update::create(order(id)).with_customer(customer(whose))).await;
    }
    for (who, count) in [("anna", 2), ("bob", 1)] {
        let request = Request::get(format!("/orders?customer={who}"));
        let orders = shop.page(request.clone().by(who)).await;
        assert_eq!(orders["orders"].as_array().map(Vec::len), Some(count), "{orders}");
        let staffs = shop.page(request.by("admin")).await;
        assert_eq!(staffs["orders"].as_array().map(Vec::len), Some(count), "{staffs}");
    }
    for query in ["customer=bob", "customer=", "customer=%00"] {
        let request = Request::get(format!("/orders?{query}")).by("anna");
        shop.ask(request).await.refuses(404, "not-found");
    }
}
