/** What happened, in words. */

import { STATUSES, isStatus } from "./order-events-js/order-events.js";

/** What a page shows of a status; of one that this page does not know, its name. */
export function face(status) {
  if (isStatus(status)) return STATUSES[status];
  return { label: status ?? "…", description: "", step: null, color: "neutral", icon: "clock" };
}

/**
 * An event in words: a title, perhaps a note, a picture and the role of its colour. Undefined for
 * what is nothing to tell people.
 */
export function words({ event, data }) {
  switch (event) {
    case "order.created":
      return { title: "Order placed", note: data.note, icon: "receipt", color: "neutral" };
    case "order.status": {
      const { label, icon, color } = face(data.status);
      return { title: label, note: data.note, icon, color };
    }
    case "order.note": {
      const title = data.visibility === "staff" ? "Staff note" : "A word from the shop";
      return { title, note: data.note, icon: "note", color: "neutral" };
    }
    case "order.assigned": {
      const title = data.assignee ? `${data.assignee} looks after it` : "Nobody looks after it";
      return { title, icon: "person", color: "neutral" };
    }
    case "order.tracking": {
      const note = `${data.carrier} ${data.trackingNumber}`;
      return { title: "Parcel has a number", note, icon: "truck", color: "neutral" };
    }
    case "order.stage":
      return stage(data);
    case "order.failed":
      return { title: "Something went wrong", note: data.reason, icon: "cross", color: "danger" };
    default:
      return undefined;
  }
}

/** That a stage of some work began is not worth a word. */
function stage({ stage: name, state, reason }) {
  if (state === "completed") return { title: `${name} is done`, icon: "check", color: "success" };
  if (state !== "failed") return undefined;
  return { title: `${name} failed`, note: reason, icon: "cross", color: "danger" };
}
