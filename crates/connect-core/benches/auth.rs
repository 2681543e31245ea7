//! What authentication costs: the hot path of an app, one core, nothing cached but the tenant's
//! prepared key.
//!
//! Budgets, on an idle core: an HS256 token with its hash under 3 µs, an RS256 token under 100 µs,
//! a signed call under 5 µs, an invocation token of Forge under 100 µs. `cargo bench -p connect-core`.
#![expect(clippy::unwrap_used, reason = "a benchmark: its inputs are fixed")]

use std::{collections::HashMap, hint::black_box};

use connect_core::{
    AppKey, BaseUrl, ClientKey, Kid, Product, Secret, Tenant, Timestamp,
    forge::{self, ForgePolicy, ReplayGuard, UnverifiedInvocation},
    jws::{Compact, VerifyingKey, sign_hs256, sign_rs256},
    keys::{RsaPublicKey, RsaSigningKey},
    mint,
    qsh::{self, Qsh, RequestLine},
    redact::redact,
    time::Seconds,
    token_place,
    verify::{Host, Policy, Unverified, verify_host, verify_install},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;

/// A frame of an issue panel: twelve parameters, the token aside.
const FRAME: &str = "/panel?issueKey=PLAN-7&issueId=10007&projectKey=PLAN&projectId=10001\
    &xdm_e=https%3A%2F%2Fvole.atlassian.net&xdm_c=channel-org.sample.planner__panel&cp=\
    &xdm_deprecated_addon_key_do_not_use=org.sample.planner&lic=active&cv=1001.0.0-SNAPSHOT\
    &tz=Europe%2FBerlin&loc=de-DE";
const HOST_KEY: &[u8] = include_bytes!("../tests/data/test-only-host-key.pk8");
const NOW: Timestamp = Timestamp::from_unix(1_782_000_000);

struct World {
    tenant: Tenant,
    policy: Policy,
    token: String,
    signer: RsaSigningKey,
}

impl World {
    fn new() -> Self {
        let app_key = AppKey::parse("org.sample.planner").unwrap();
        let tenant = Tenant::new(
            app_key.clone(),
            ClientKey::parse("5d1c0a9e-7b3f-3e21-8f44-c2b6a1d90e57").unwrap(),
            BaseUrl::parse("https://vole.atlassian.net").unwrap(),
            Product::Jira,
            Secret::new("bench/made-up+secret~of~the~length~that~hosts~give~0123456789abcdef"),
            NOW,
        );
        let policy = Policy {
            app_key,
            base_urls: vec![BaseUrl::parse("https://planner.sample.org").unwrap()],
            leeway: Seconds(30),
            max_lifetime: Seconds(24 * 60 * 60),
            max_session: Seconds(15 * 60),
            session_without_purpose: false,
        };
        let claims = json!({
            "sub": "712020:ada", "qsh": Qsh::sign(&line(FRAME), "").unwrap().as_str(),
            "iss": tenant.client_key.as_str(), "iat": NOW.unix(), "exp": NOW.unix() + 900,
            "context": {},
        });
        let token = sign_hs256(claims.to_string().as_bytes(), tenant.signing_key().unwrap());
        Self {
            tenant,
            policy,
            token,
            signer: RsaSigningKey::from_pkcs8(HOST_KEY).unwrap(),
        }
    }

    fn install_token(&self) -> String {
        let request = RequestLine {
            method: "POST",
            target: "/installed",
            form: None,
        };
        let claims = json!({
            "iss": self.tenant.client_key.as_str(), "iat": NOW.unix(), "exp": NOW.unix() + 180,
            "aud": ["https://planner.sample.org"], "qsh": Qsh::sign(&request, "").unwrap().as_str(),
        });
        let kid = Kid::parse("bench").unwrap();
        sign_rs256(claims.to_string().as_bytes(), &self.signer, &kid).unwrap()
    }
}

fn line(target: &str) -> RequestLine<'_> {
    RequestLine {
        method: "GET",
        target,
        form: None,
    }
}

fn verify(criterion: &mut Criterion) {
    let world = World::new();
    let mut group = criterion.benchmark_group("verify");
    let target = format!("{FRAME}&jwt={}", world.token);

    // All of what stands between a request and its handler, the tenant's look-up aside.
    group.bench_function("hs256 and qsh, 12 parameters", |bench| {
        bench.iter(|| {
            let request = line(black_box(&target));
            let token = Unverified::parse(black_box(&world.token)).unwrap();
            token.tenant_hint::<Host>().unwrap();
            verify_host(&token, &world.tenant, &request, &world.policy, NOW).unwrap()
        });
    });
    group.bench_function("the same, and finding the token", |bench| {
        bench.iter(|| {
            let request = line(black_box(&target));
            let found = token_place::find([], &request).unwrap();
            let token = Unverified::parse(&found).unwrap();
            token.tenant_hint::<Host>().unwrap();
            verify_host(&token, &world.tenant, &request, &world.policy, NOW).unwrap()
        });
    });
    group.bench_function("part: parse", |bench| {
        bench.iter(|| Unverified::parse(black_box(&world.token)).unwrap());
    });
    group.bench_function("part: signature", |bench| {
        let compact = Compact::parse(&world.token).unwrap();
        let key = world.tenant.signing_key().unwrap();
        bench.iter(|| compact.verify(black_box(VerifyingKey::Hmac(key))).is_ok());
    });
    group.bench_function("part: claims", |bench| {
        let token = Unverified::parse(&world.token).unwrap();
        bench.iter(|| black_box(&token).tenant_hint::<Host>().unwrap());
    });
    group.bench_function("part: qsh", |bench| {
        let hash = Qsh::sign(&line(&target), "").unwrap();
        bench.iter(|| qsh::matches(hash.as_str(), &line(black_box(&target)), [""]).unwrap());
    });

    let install = world.install_token();
    let key = RsaPublicKey::from_pem(&world.signer.public_pem()).unwrap();
    group.bench_function("rs256 install", |bench| {
        let request = RequestLine {
            method: "POST",
            target: "/installed",
            form: None,
        };
        bench.iter(|| {
            let token = Unverified::parse(black_box(&install)).unwrap();
            token
                .precheck_install(&request, &world.policy, NOW)
                .unwrap();
            verify_install(&token, &key, &request, &world.policy, NOW).unwrap()
        });
    });
    group.finish();
}

fn sign(criterion: &mut Criterion) {
    let world = World::new();
    let target = "/rest/api/3/search/jql?jql=project%20%3D%20PLAN&maxResults=50&fields=summary";
    criterion.bench_function("sign a call", |bench| {
        bench.iter(|| {
            let request = line(black_box(target));
            let app_key = &world.policy.app_key;
            mint::request_token(&world.tenant, app_key, &request, Seconds(180), NOW).unwrap()
        });
    });
}

fn forge(criterion: &mut Criterion) {
    let world = World::new();
    let app = "ari:cloud:ecosystem::app/8db9d2d4-0001-4c2b-9a6f-5e1d7c3b2a10";
    let claims = json!({
        "iss": forge::ISSUER, "aud": app, "iat": NOW.unix(), "nbf": NOW.unix(),
        "exp": NOW.unix() + 25, "jti": "f3b1c2d4-9a6f-4c2b-8db9-5e1d7c3b2a10",
        "app": {
            "id": app, "appVersion": "3.1.0",
            "installationId": "ari:cloud:ecosystem::installation/5d1c0a9e-7b3f-3e21-8f44",
            "apiBaseUrl": "https://api.atlassian.com/ex/jira/c2b6a1d9-0e57-4f44-8f44-5d1c0a9e7b3f",
            "environment": {"type": "PRODUCTION", "id": "ari:cloud:ecosystem::environment/1"},
            "module": {"type": "core:endpoint", "key": "panel"},
            "license": {"active": true, "isEvaluation": false},
        },
        "context": {
            "cloudId": "c2b6a1d9-0e57-4f44-8f44-5d1c0a9e7b3f", "moduleKey": "panel",
            "siteUrl": "https://vole.atlassian.net",
            "extension": {"type": "jira:issuePanel", "issue": {"id": "10007", "key": "PLAN-7"}},
        },
        "principal": "712020:ada",
    });
    let kid = Kid::parse("forge/invocation-token/bench").unwrap();
    let token = sign_rs256(claims.to_string().as_bytes(), &world.signer, &kid).unwrap();
    let public = RsaPublicKey::from_pem(&world.signer.public_pem()).unwrap();
    let keys = HashMap::from([(kid, public)]);
    let policy = ForgePolicy {
        app_ids: vec![app.to_owned()],
        leeway: Seconds(10),
        max_lifetime: Seconds(300),
    };
    // All of what stands between an invocation and its handler, with the keys in memory; the guard
    // against replay sees a token of another name each time, as it does in an app.
    let mut used = ReplayGuard::new(100_000);
    let mut count = 0_u64;
    criterion.bench_function("forge invocation, keys in memory", |bench| {
        bench.iter(|| {
            let token = UnverifiedInvocation::parse(black_box(&token)).unwrap();
            let kid = token.precheck(&policy, NOW).unwrap();
            let proof = forge::verify(token, &keys[&kid], &policy, NOW).unwrap();
            count += 1;
            assert!(used.is_first(&count.to_string(), proof.claims().expires_at, NOW));
            proof
        });
    });
}

fn logs(criterion: &mut Criterion) {
    let world = World::new();
    let text = format!("GET {FRAME}&jwt={} 401\n", world.token);
    let mut group = criterion.benchmark_group("redact");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("a line of a log", |bench| {
        bench.iter(|| redact(black_box(&text)))
    });
    group.finish();
}

criterion_group!(benches, verify, sign, forge, logs);
criterion_main!(benches);
