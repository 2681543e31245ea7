// Begins when the page's setup is read, before any frame can say `init`.

setup.frames.forEach(addFrame);
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-popup], [data-open=inlinedialog]")) closePopups();
});
document.addEventListener("load", (event) => {
  // A page that does not load all.js never says `init`; it is there all the same. A new iframe is
  // first loaded with nothing.
  if (event.target.matches?.("iframe.ap-iframe") && event.target.contentDocument?.URL !== "about:blank") event.target.parentElement.classList.add("is-ready");
}, true);
