//! What an org with the standard objects needs.

use order_events_core::OrderStatus::{
    self, Cancelled, Delivered, Pending, Processing, Refunded, Shipped,
};

use super::{Key, RequestRules, Rules};

const STATUSES: [(&str, OrderStatus); 14] = [
    ("Draft", Pending),
    ("Submitted", Pending),
    ("In Review", Pending),
    ("Approved", Processing),
    ("Reactivate", Processing),
    ("Activating", Processing),
    ("Activated", Processing),
    ("Shipped", Shipped),
    ("Delivered", Delivered),
    ("Fulfilled", Delivered),
    ("Cancelled", Cancelled),
    // As Salesforce spells it.
    ("Canceled", Cancelled),
    ("Rejected", Cancelled),
    ("Refunded", Refunded),
];

impl Rules<OrderStatus> {
    /// Rules for the objects `Order` and `OrderItem`, and for the Platform Event
    /// `Fulfilment_Requested__e`.
    ///
    /// `Draft` and `Activated` are Salesforce's own statuses, and what else is mapped is what orgs
    /// add most; say your own by [`status`](Self::status). An order is provisioned once when it is
    /// `Approved`, and again each time it is to `Reactivate`; not while `Activation_Status__c` says
    /// `Activating` or `Activated`, and not where it has an `External_Order_Id__c`. Names that your
    /// org does not have do no harm.
    pub fn salesforce() -> Self {
        let rules = STATUSES
            .into_iter()
            .fold(Self::of("Order", Key::Record), |rules, (from, to)| rules.status(from, to));
        rules
            .status_in("Status")
            .account_in("AccountId")
            .visible([
                "BillingAddress",
                "CurrencyIsoCode",
                "Description",
                "EffectiveDate",
                "EndDate",
                "Name",
                "OrderNumber",
                "OrderReferenceNumber",
                "PoNumber",
                "ShippingAddress",
                "TotalAmount",
            ])
            .triggered_once_by(["Approved"])
            .triggered_again_by(["Reactivate"])
            .not_while("Activation_Status__c", ["Activating", "Activated"])
            .external_id_in("External_Order_Id__c")
            .attempt_in("Activation_Attempt__c")
            .items("OrderItem", "OrderId")
            .visible_of_items([
                "Description",
                "EndDate",
                "Product2Id",
                "Quantity",
                "ServiceDate",
                "TotalPrice",
                "UnitPrice",
            ])
            .requests(RequestRules::of("Fulfilment_Requested__e", "Order_Id__c").with(
                "Requested_By__c",
                "Priority__c",
                "Attempt__c",
            ))
    }
}
