// The host side of a page: shows a frame when it has loaded.
"use strict";
document.addEventListener("load", (event) => {
  if (event.target.matches?.("iframe.ap-iframe")) event.target.parentElement.classList.add("is-ready");
}, true);
