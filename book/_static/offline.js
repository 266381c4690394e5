/* From a file, a browser may not read other pages of the book. The search then shows titles without
   excerpts, instead of an error for each of them. */
"use strict";

if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
