import { renderPage } from "./html.ts";

/** `GET /debug/pprof/`: a page with what there is. Its links are relative, for who reads it by way of a proxy. */
export const INDEX_PAGE = renderPage(
  "Profiles of this Fairlead",
  `<ul>
<li><a href="profile?seconds=30">profile</a>: where the CPU time goes, for <code>go tool pprof</code>. <code>?seconds=</code> 1 to 300, by default 30.</li>
<li><a href="heap">heap</a>: who allocated what is in use, for <code>go tool pprof</code>. With <code>?seconds=</code> only what is allocated meanwhile.</li>
<li><a href="../flamegraph?seconds=30">flamegraph</a>: where the CPU time goes, as a page. <code>?seconds=</code> as for profile.</li>
</ul>
<p>One at a time; another is answered 409. <code>fairlead profile</code> takes them, too.</p>`,
);
