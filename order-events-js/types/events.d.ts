// Generated from the server's types by api-docs; UPDATE_DOCS=1 writes it anew.

/** A status. */
export type OrderStatus =
  | "PENDING"
  | "PROCESSING"
  | "SHIPPED"
  | "DELIVERED"
  | "CANCELLED"
  | "REFUNDED";

/** The order exists. Replaces whatever was known under its id. */
export type OrderCreatedData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** Whose the order is. At most 128 bytes of UTF-8. For staff alone. */
  readonly customerId?: string;
  /** A remark. At most 4096 bytes, of any lines. */
  readonly note?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** The order's status after this event. */
  readonly status: OrderStatus;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
};

/** The order moved to another status. */
export type OrderStatusData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** Whose the order is. At most 128 bytes of UTF-8. For staff alone. */
  readonly customerId?: string;
  /** A remark. At most 4096 bytes, of any lines. */
  readonly note?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** The status before. */
  readonly previousStatus: OrderStatus;
  /** The order's status after this event. */
  readonly status: OrderStatus;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
};

/** The order now belongs to a customer. */
export type OrderCustomerData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** Whose the order is. At most 128 bytes of UTF-8. For staff alone. */
  readonly customerId?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** The order's status after this event. */
  readonly status: OrderStatus;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
};

/** A remark. Staff's by default. */
export type OrderNoteData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** A remark. At most 4096 bytes, of any lines. */
  readonly note: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
  /** Who may see the event. Absent from events that the public sees. For staff alone. */
  readonly visibility?: "staff";
};

/** Somebody works on it, or, without `assignee`, nobody any more. Staff's by default. */
export type OrderAssignedData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** Who works on it. At most 128 bytes of UTF-8. */
  readonly assignee?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
  /** Who may see the event. Absent from events that the public sees. For staff alone. */
  readonly visibility?: "staff";
};

/** Where the parcel is. */
export type OrderTrackingData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** Who carries the parcel. At most 128 bytes of UTF-8. */
  readonly carrier: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The carrier's number. At most 128 bytes of UTF-8. */
  readonly trackingNumber: string;
  /** The carrier's page. At most 2048 bytes. */
  readonly trackingUrl?: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
  /** Who may see the event. Absent from events that the public sees. For staff alone. */
  readonly visibility?: "staff";
};

/** A stage of a workflow began or ended. */
export type OrderStageData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** Why it failed. At most 4096 bytes, of any lines. For staff alone. */
  readonly reason?: string;
  /** What the stage found. Any JSON of at most 64 levels. */
  readonly result?: unknown;
  /** The stage's name. At most 128 bytes of UTF-8. */
  readonly stage: string;
  /** What became of the stage. */
  readonly state: "started" | "completed" | "failed";
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
  /** Who may see the event. Absent from events that the public sees. For staff alone. */
  readonly visibility?: "staff";
  /** The workflow's id. At most 128 bytes of UTF-8. */
  readonly workflow: string;
};

/** How far the work is. */
export type OrderProgressData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** A word on it. At most 4096 bytes, of any lines. */
  readonly message?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** How far the work is, in percent. */
  readonly progress: number;
  /** The stage's name. At most 128 bytes of UTF-8. */
  readonly stage?: string;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
  /** Who may see the event. Absent from events that the public sees. For staff alone. */
  readonly visibility?: "staff";
  /** The workflow's id. At most 128 bytes of UTF-8. */
  readonly workflow?: string;
};

/** Something went wrong. Staff's by default. */
export type OrderFailedData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** Why it failed. At most 4096 bytes, of any lines. */
  readonly reason: string;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
  /** Who may see the event. Absent from events that the public sees. For staff alone. */
  readonly visibility?: "staff";
};

/** The order is gone and reads as absent from here on. */
export type OrderDeletedData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
};

/** An event of the service's own. Its name is any that is not one of ours; what it means is for the service to say. */
export type CustomData = {
  /** Who did it. Staff's, unless the update shows it. At most 128 bytes of UTF-8. */
  readonly actor?: string;
  /** What the service gave with the event. Any JSON of at most 64 levels. */
  readonly data: unknown;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** When it was published. It orders nothing. */
  readonly timestamp: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
  /** Who may see the event. Absent from events that the public sees. For staff alone. */
  readonly visibility?: "staff";
};

/** An order as it stands. Replaces whatever was known under its id. */
export type OrderSnapshot = {
  /** When its first event was published. */
  readonly createdAt: string;
  /** Whose it is. At most 128 bytes of UTF-8. For staff alone. */
  readonly customerId?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** Its status. */
  readonly status: OrderStatus;
  /** Its last entries, oldest first. */
  readonly timeline: readonly (
    | {
      readonly data: OrderCreatedData;
      readonly event: "order.created";
    }
    | {
      readonly data: OrderStatusData;
      readonly event: "order.status";
    }
    | {
      readonly data: OrderNoteData;
      readonly event: "order.note";
    }
    | {
      readonly data: OrderAssignedData;
      readonly event: "order.assigned";
    }
    | {
      readonly data: OrderTrackingData;
      readonly event: "order.tracking";
    }
    | {
      readonly data: OrderFailedData;
      readonly event: "order.failed";
    })[];
  /** When its last event was published. */
  readonly updatedAt: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
  /** The latest stage or progress. */
  readonly work?: 
    | {
      readonly data: OrderStageData;
      readonly event: "order.stage";
    }
    | {
      readonly data: OrderProgressData;
      readonly event: "order.progress";
    };
};

/** An order as it stands, with the cursor to watch it from. */
export type OrderDocument = {
  /** When its first event was published. */
  readonly createdAt: string;
  /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
  readonly cursor: string;
  /** Whose it is. At most 128 bytes of UTF-8. For staff alone. */
  readonly customerId?: string;
  /** The order. At most 128 bytes of UTF-8. */
  readonly orderId: string;
  /** Its status. */
  readonly status: OrderStatus;
  /** Its last entries, oldest first. */
  readonly timeline: readonly (
    | {
      readonly data: OrderCreatedData;
      readonly event: "order.created";
    }
    | {
      readonly data: OrderStatusData;
      readonly event: "order.status";
    }
    | {
      readonly data: OrderNoteData;
      readonly event: "order.note";
    }
    | {
      readonly data: OrderAssignedData;
      readonly event: "order.assigned";
    }
    | {
      readonly data: OrderTrackingData;
      readonly event: "order.tracking";
    }
    | {
      readonly data: OrderFailedData;
      readonly event: "order.failed";
    })[];
  /** When its last event was published. */
  readonly updatedAt: string;
  /** The place in the order's history: drop what is not newer than what you have, and infer nothing from a jump. */
  readonly version: number;
  /** The latest stage or progress. */
  readonly work?: 
    | {
      readonly data: OrderStageData;
      readonly event: "order.stage";
    }
    | {
      readonly data: OrderProgressData;
      readonly event: "order.progress";
    };
};

/** A page of orders as they stand. Watch them from the cursor of the first page once all pages are read, and merge by version. */
export type OrdersPage = {
  /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
  readonly cursor: string;
  /** What to ask the next page with, as `page`. Opaque. Absent from the last page. */
  readonly next?: string;
  readonly orders: readonly (OrderSnapshot)[];
};

/** What a stream would have said, as one document: to be applied in the order reset, snapshots, events. Ask again after `cursor`. */
export type EventsPage = {
  /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
  readonly cursor: string;
  /** Nothing follows. */
  readonly end?: {
    readonly reason: "final" | "quiet" | "expired" | "revoked" | "draining" | "lifetime" | "replaced";
    /** How long to wait before looking in again. */
    readonly retryMs?: number;
  };
  /** At most 256, unless the service says otherwise. */
  readonly events: readonly (
    | {
      readonly data: OrderCreatedData;
      readonly event: "order.created";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: OrderStatusData;
      readonly event: "order.status";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: OrderCustomerData;
      readonly event: "order.customer";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: OrderNoteData;
      readonly event: "order.note";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: OrderAssignedData;
      readonly event: "order.assigned";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: OrderTrackingData;
      readonly event: "order.tracking";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: OrderStageData;
      readonly event: "order.stage";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: OrderProgressData;
      readonly event: "order.progress";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: OrderFailedData;
      readonly event: "order.failed";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: OrderDeletedData;
      readonly event: "order.deleted";
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    }
    | {
      readonly data: CustomData;
      /** The event's name. At most 128 bytes of UTF-8. */
      readonly event: string;
      /** Where a reader stands once it has this. Opaque: compare it for equality and hand it back, nothing else. */
      readonly id: string;
    })[];
  /** Whether there may be more at once. */
  readonly more: boolean;
  readonly reset?: ResetData;
  readonly snapshots?: readonly (OrderSnapshot)[];
};

/** The first message: what the reader may count on. */
export type ReadyData = {
  /** After how much silence a heartbeat comes. */
  readonly heartbeatMs: number;
  /** The cursor that the stream goes on from. Absent where it begins anew. */
  readonly resumed?: string;
  /** The version of these schemas. Kinds and fields may be added without a new one: skip what you do not know. */
  readonly schema: 1;
};

/** What the reader knew does not hold any more. Snapshots follow; an order that is not among them is gone. */
export type ResetData = {
  /** Where to page the orders instead, relative to the stream's own address: they are too many to follow here. */
  readonly orders?: string;
  readonly reason: "malformed" | "foreign" | "future" | "expired" | "behind" | "large";
};

/** The stream is still there. Only where the request asked for it by name; otherwise a heartbeat is a comment. */
export type HeartbeatData = {
  /** How far this stream has been served. */
  readonly cursor: string;
};

/** The last message: nothing follows. A service may prefer to refuse by a stream that says nothing else; the reason is then the code of the problem. */
export type EndData = {
  readonly reason: "final" | "quiet" | "expired" | "revoked" | "draining" | "lifetime" | "replaced" | "too-many-streams" | "busy";
};

/** Why a request was refused (RFC 9457). */
export type Problem = {
  /** A word for it that stays the same. */
  readonly code: "unauthenticated" | "expired" | "forbidden" | "not-found" | "method-not-allowed" | "not-acceptable" | "unknown-page" | "too-many-streams" | "busy" | "draining" | "unavailable";
  /** For people. */
  readonly detail: string;
  readonly status: 401 | 403 | 404 | 405 | 406 | 400 | 429 | 503;
  /** The status in words. */
  readonly title: string;
  readonly type: "about:blank";
};

/** An entry of a timeline. */
export type TimelineEntry =
  | {
    readonly data: OrderCreatedData;
    readonly event: "order.created";
  }
  | {
    readonly data: OrderStatusData;
    readonly event: "order.status";
  }
  | {
    readonly data: OrderNoteData;
    readonly event: "order.note";
  }
  | {
    readonly data: OrderAssignedData;
    readonly event: "order.assigned";
  }
  | {
    readonly data: OrderTrackingData;
    readonly event: "order.tracking";
  }
  | {
    readonly data: OrderFailedData;
    readonly event: "order.failed";
  };

/** The latest stage or progress. */
export type WorkEntry =
  | {
    readonly data: OrderStageData;
    readonly event: "order.stage";
  }
  | {
    readonly data: OrderProgressData;
    readonly event: "order.progress";
  };

/** An event of ours, by its name. */
export type OrderEvent =
  | {
    readonly data: OrderCreatedData;
    readonly event: "order.created";
  }
  | {
    readonly data: OrderStatusData;
    readonly event: "order.status";
  }
  | {
    readonly data: OrderCustomerData;
    readonly event: "order.customer";
  }
  | {
    readonly data: OrderNoteData;
    readonly event: "order.note";
  }
  | {
    readonly data: OrderAssignedData;
    readonly event: "order.assigned";
  }
  | {
    readonly data: OrderTrackingData;
    readonly event: "order.tracking";
  }
  | {
    readonly data: OrderStageData;
    readonly event: "order.stage";
  }
  | {
    readonly data: OrderProgressData;
    readonly event: "order.progress";
  }
  | {
    readonly data: OrderFailedData;
    readonly event: "order.failed";
  }
  | {
    readonly data: OrderDeletedData;
    readonly event: "order.deleted";
  };

