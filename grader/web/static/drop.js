// A file that is dropped anywhere on the page goes into its form, which is sent.
"use strict";

const form = document.querySelector("form.drop");
const field = form.querySelector("input[type=file]");
const holdsFile = (event) => [...event.dataTransfer.types].includes("Files");

document.addEventListener("dragover", (event) => {
  if (!holdsFile(event)) return;
  event.preventDefault();
  form.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  if (!holdsFile(event)) return;
  event.preventDefault();
  form.classList.remove("over");
  field.files = event.dataTransfer.files;
  form.requestSubmit();
});
